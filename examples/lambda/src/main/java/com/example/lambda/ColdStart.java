package com.example.lambda;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Measures cold and warm calls: starts containers one after the other, each a JVM of its own.
 *
 * <p>A cold start is the time from the start of the process to its first signature.
 */
final class ColdStart {
  private static final int WARM_CALLS = 1000;
  // What Lambda itself gives its JVMs.
  private static final List<String> AS_IN_LAMBDA = List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");

  private ColdStart() {}

  /**
   * Runs.
   *
   * @param args the number of containers, 10 if absent
   */
  public static void main(String[] args) throws Exception {
    int containers = args.length == 0 ? 10 : Integer.parseInt(args[0]);
    Path archive = Files.createTempFile("classes", ".jsa");
    try {
      // The JVM writes the archive itself, and only where there is nothing yet.
      Files.delete(archive);
      measure("cold start", containers, List.of());
      run(List.of("-XX:ArchiveClassesAtExit=" + archive, "-Xlog:cds=off", "-Xlog:cds+dynamic=off"));
      measure("cold start with a class archive", containers, List.of("-XX:SharedArchiveFile=" + archive));
    } finally {
      Files.deleteIfExists(archive);
    }
  }

  private static void measure(String what, int containers, List<String> options) throws Exception {
    long[] cold = new long[containers];
    long[] median = new long[containers];
    long[] slow = new long[containers];
    for (int i = 0; i < containers; i++) {
      long[] times = run(options);
      cold[i] = times[0];
      median[i] = times[1];
      slow[i] = times[2];
    }
    Arrays.sort(cold);
    System.out.printf(
        "%s: median %d ms, %d to %d ms; warm call: median %d µs, 99 %% below %d µs (%d containers, %d calls each)%n",
        what, middle(cold), cold[0], cold[containers - 1], middle(median), middle(slow), containers, WARM_CALLS);
  }

  private static long middle(long[] values) {
    long[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  /** Returns the milliseconds of the cold start, then median and 99th percentile of the warm calls in microseconds. */
  private static long[] run(List<String> options) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(AS_IN_LAMBDA);
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(LocalContainer.class.getName(), Integer.toString(1 + WARM_CALLS)));
    long before = System.nanoTime();
    Process container = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try (BufferedReader output = container.inputReader()) {
      String signature = output.readLine();
      long cold = (System.nanoTime() - before) / 1_000_000;
      String warm = output.readLine();
      if (container.waitFor() != 0 || signature == null || warm == null) {
        throw new IllegalStateException("The container ended with exit code " + container.exitValue() + ".");
      }
      String[] times = warm.split(" ");
      return new long[] {cold, Long.parseLong(times[0]), Long.parseLong(times[1])};
    } finally {
      container.destroy();
    }
  }
}
