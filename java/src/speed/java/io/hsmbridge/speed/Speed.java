package io.hsmbridge.speed;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;

/**
 * Measures operations of one JCE provider. Arguments: {@code hsmbridge}, {@code jdk}, or {@code softhsm2} with the path
 * of SunPKCS11's configuration. Each line of standard input is a batch: operation, size, threads, milliseconds; the
 * answer is how often the operation was done and the nanoseconds that it took, or what went wrong after an exclamation
 * mark. An operation whose name begins with {@code engine:} is done without JCA, by a call of the engine.
 */
public final class Speed {

  private static final String ENGINE = "engine:";

  private final Contender contender;
  private final EngineWorks engine = new EngineWorks();

  private Speed(Contender contender) {
    this.contender = contender;
  }

  /**
   * Answers batches until standard input ends.
   *
   * @param args as above
   * @throws Exception if the provider cannot be had
   */
  public static void main(String[] args) throws Exception {
    Speed speed = new Speed(Contender.named(args[0], args.length > 1 ? args[1] : null));
    BufferedReader batches = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = batches.readLine(); line != null; line = batches.readLine()) {
      System.out.println(speed.answer(line.split(" ")));
      System.out.flush();
    }
    System.exit(0);
  }

  private String answer(String[] batch) {
    try {
      List<Work> works = new ArrayList<>();
      for (int i = 0; i < Integer.parseInt(batch[2]); i++) {
        works.add(work(batch[0], Integer.parseInt(batch[1])));
      }
      long[] result = Batch.run(works, Long.parseLong(batch[3]));
      return result[0] + " " + result[1];
    } catch (ExecutionException e) {
      return refusal(e.getCause());
    } catch (Exception | OutOfMemoryError e) {
      return refusal(e);
    }
  }

  private static String refusal(Throwable cause) {
    return ("! " + cause).replace('\n', ' ');
  }

  private Work work(String operation, int size) throws Exception {
    if (operation.startsWith(ENGINE)) {
      return engine.make(operation.substring(ENGINE.length()), size);
    }
    return Works.make(operation, contender, size);
  }
}
