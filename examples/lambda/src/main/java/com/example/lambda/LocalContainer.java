package com.example.lambda;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;

/** Stands in for Lambda's runtime: makes the handler, sends it events, and tells how long they took. */
final class LocalContainer {
  private LocalContainer() {}

  /**
   * Runs. The first line printed is the first signature; with more than one event a second line has the median and the
   * 99th percentile of the others, in microseconds.
   *
   * @param args the number of events, 1 if absent
   */
  public static void main(String[] args) throws Exception {
    int events = args.length == 0 ? 1 : Integer.parseInt(args[0]);
    Map<String, String> event =
        Map.of("data", Base64.getEncoder().encodeToString("an event".getBytes(StandardCharsets.UTF_8)));
    SignHandler handler = new SignHandler();
    System.out.println(handler.handleRequest(event, null).get("signature"));

    long[] microseconds = new long[events - 1];
    for (int i = 0; i < microseconds.length; i++) {
      long before = System.nanoTime();
      handler.handleRequest(event, null);
      microseconds[i] = (System.nanoTime() - before) / 1_000;
    }
    if (microseconds.length > 0) {
      Arrays.sort(microseconds);
      System.out.println(
          microseconds[microseconds.length / 2] + " " + microseconds[microseconds.length * 99 / 100]);
    }
  }
}
