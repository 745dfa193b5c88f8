import io.hsmbridge.engine.Engine;
import io.hsmbridge.engine.HsmException;
import io.hsmbridge.engine.ReturnCodes;
import io.hsmbridge.locate.Locator;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import javax.security.auth.Destroyable;

/**
 * Gives mutations of valid bytes to every parameter that takes bytes. What a case changes follows from the seed, its
 * target's name and its number, so that one alone can be run again; what it changes are keys of this run.
 */
public final class Fuzz {

  private static final long SLOW_NANOS = 1_000_000_000L;
  private static final long HANGING_NANOS = 60_000_000_000L;
  private static final int MOST_OF_A_TARGET = 3;
  private static final int MOST_BYTES_SHOWN = 4000;

  /** How many cases were run. */
  public long cases;

  /** How many of them were refused. */
  public long refused;

  /** What must not be, each with the target, the number and the beginning of the bytes. */
  public final List<String> problems = new ArrayList<>();

  private final long seed;
  private final Set<Long> codes = new HashSet<>();
  private final Map<String, Long> slowest = new TreeMap<>();
  private volatile String doing = "preparation";
  private volatile long since = System.nanoTime();
  private volatile boolean done;

  private Fuzz(long seed) throws IllegalAccessException {
    this.seed = seed;
    for (Field field : ReturnCodes.class.getFields()) {
      codes.add(field.getLong(null));
    }
    codes.remove(ReturnCodes.GENERAL_ERROR);
  }

  /** Runs so many cases, evenly over all targets whose names begin as asked; from a number on. */
  public static Fuzz run(long count, long seed, String folder, String user, String password, String prefix, long first)
      throws Exception {
    Fuzz fuzz = new Fuzz(seed);
    Thread worker = new Thread(() -> fuzz.work(count, Path.of(folder), user, password, prefix, first), "fuzz");
    worker.setDaemon(true);
    worker.start();
    while (!fuzz.done && System.nanoTime() - fuzz.since < HANGING_NANOS) {
      worker.join(200);
    }
    if (!fuzz.done) {
      StringBuilder dump = new StringBuilder("hangs: " + fuzz.doing + "\n");
      for (ThreadInfo info : ManagementFactory.getThreadMXBean().dumpAllThreads(true, true)) {
        dump.append(info);
      }
      fuzz.problems.add(dump.toString());
    }
    return fuzz;
  }

  /** Returns the slowest targets with their longest case in milliseconds. */
  public String slowest() {
    StringBuilder lines = new StringBuilder();
    slowest.entrySet().stream()
        .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
        .limit(10)
        .forEach(entry -> lines.append(entry.getKey()).append(": ").append(entry.getValue()).append('\n'));
    return lines.toString();
  }

  private void work(long count, Path folder, String user, String password, String prefix, long first) {
    try {
      Material material = new Material(folder);
      Engine engine = Locator.open(null, null);
      engine.login(user, password.getBytes(StandardCharsets.UTF_8));
      List<Target> targets = new ArrayList<>();
      targets.addAll(UnwrapTargets.of(material));
      targets.addAll(FactoryTargets.of(material));
      targets.addAll(SearchTargets.of(material));
      targets.addAll(CipherTargets.of(material));
      targets.addAll(SignatureTargets.of(material));
      targets.addAll(DerivationTargets.of(material));
      targets.addAll(KeyStoreTargets.of(material, folder));
      targets.addAll(EngineTargets.of(engine));
      targets.removeIf(target -> !target.name.startsWith(prefix));
      for (Target target : targets) {
        checkValid(target);
      }
      for (long i = 0; i < count && !targets.isEmpty(); i++) {
        one(targets.get((int) (i % targets.size())), first + i / targets.size());
      }
      engine.close();
      material.destroy();
    } catch (Exception | Error e) {
      problems.add(doing + ": " + trace(e));
    }
    done = true;
  }

  /** What is not refused by mistake would be refused always. */
  private void checkValid(Target target) {
    for (byte[] valid : target.valid) {
      try {
        destroy(target.attempt.run(valid));
      } catch (Exception e) {
        if (!target.refusals.contains(e.getClass())) {
          report(target, -1, valid, "valid bytes give " + trace(e));
        } else if (target.authenticated) {
          report(target, -1, valid, "valid bytes are refused: " + trace(e));
        }
      }
    }
  }

  private void one(Target target, long number) {
    Random random = new Random(seed * 31 + target.name.hashCode() * 1_000_003L + number);
    byte[] input = new Mutator(random).mutant(target.valid);
    doing = target.name + " " + number;
    long nanos = timed(target, number, input);
    for (int again = 0; again < 2 && nanos > SLOW_NANOS && !target.generating; again++) {
      nanos = Math.min(nanos, timed(target, number, input));
    }
    if (nanos > SLOW_NANOS && !target.generating) {
      report(target, number, input, "takes " + nanos / 1_000_000 + " ms");
    }
    slowest.merge(target.name, nanos / 1_000_000, Math::max);
    cases++;
  }

  private long timed(Target target, long number, byte[] input) {
    since = System.nanoTime();
    try {
      Object result = target.attempt.run(input.clone());
      if (target.authenticated && (result instanceof Destroyable || Boolean.TRUE.equals(result))) {
        report(target, number, input, "changed bytes are taken for genuine");
      }
      destroy(result);
    } catch (Exception | Error e) {
      check(target, number, input, e);
    }
    return System.nanoTime() - since;
  }

  private void check(Target target, long number, byte[] input, Throwable thrown) {
    refused++;
    if (!target.refusals.contains(thrown.getClass())) {
      report(target, number, input, "not documented: " + trace(thrown));
      return;
    }
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      boolean unknownCode = cause instanceof HsmException && !codes.contains(((HsmException) cause).code());
      boolean defect = String.valueOf(cause.getMessage()).contains("defect of hsmbridge");
      if (unknownCode || defect) {
        report(target, number, input, "an unexpected refusal of the engine: " + trace(thrown));
        return;
      }
    }
  }

  private void report(Target target, long number, byte[] input, String what) {
    String begin = target.name + ": ";
    if (problems.stream().filter(problem -> problem.startsWith(begin)).count() >= MOST_OF_A_TARGET) {
      return;
    }
    StringBuilder hex = new StringBuilder();
    for (int i = 0; i < Math.min(input.length, MOST_BYTES_SHOWN); i++) {
      hex.append(String.format("%02x", input[i]));
    }
    problems.add(begin + "case " + number + ", " + input.length + " bytes " + hex + ": " + what);
  }

  private static void destroy(Object result) throws Exception {
    if (result instanceof KeyPair) {
      destroy(((KeyPair) result).getPublic());
      destroy(((KeyPair) result).getPrivate());
    } else if (result instanceof Destroyable) {
      ((Destroyable) result).destroy();
    }
  }

  private static String trace(Throwable e) {
    StringWriter trace = new StringWriter();
    e.printStackTrace(new PrintWriter(trace));
    return trace.toString();
  }
}
