import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.security.Provider;
import java.security.Security;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Many threads do everything that the provider can, at once, while keys come and go. Each result is compared with
 * another implementation. A seed gives every thread its order of actions and its data.
 */
public final class Storm {

  private static final long STUCK_NANOS = 30_000_000_000L;
  private static final int MOST_FAILURES = 5;

  private final Provider provider = Security.getProvider("CloudHSM");
  private final Map<String, Action> table = new LinkedHashMap<>();
  private final Map<String, AtomicLong> counts = new ConcurrentHashMap<>();
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();
  private final String[] doing;
  private final AtomicLongArray since;
  private final Thread[] threads;
  private final long seed;
  private long end;
  private boolean once;
  private Stock stock;
  private Doomed doomed;

  private Storm(long seed, int threadCount, String... only) {
    this.seed = seed;
    doing = new String[threadCount];
    since = new AtomicLongArray(threadCount);
    threads = new Thread[threadCount];
    CipherActions.addTo(table);
    WrapActions.addTo(table);
    SignatureActions.addTo(table);
    MacActions.addTo(table);
    DerivationActions.addTo(table);
    KeyActions.addTo(table);
    Abandoned.addTo(table);
    for (String copy : List.of("", " once more")) {
      table.put("doomed replaced" + copy, task -> task.doomed.replace(task));
      table.put("doomed encrypt" + copy, task -> task.doomed.encrypt(task));
      table.put("doomed authenticate" + copy, task -> task.doomed.authenticate(task));
      table.put("doomed sign" + copy, task -> task.doomed.sign(task));
      table.put("doomed wrap" + copy, task -> task.doomed.wrap(task));
    }
    if (only.length > 0) {
      table.keySet().retainAll(Set.of(only));
    }
  }

  /** What a storm did. */
  public static final class Report {

    public final long actions;
    public final long abandoned;

    /** Failures with their traces, actions that were not reached, services without an action. */
    public final List<String> problems = new ArrayList<>();

    private Report(long actions, long abandoned) {
      this.actions = actions;
      this.abandoned = abandoned;
    }
  }

  /** Does every action once, one after the other; with names these only. */
  public static Report once(long seed, String... only) {
    Storm storm = new Storm(seed, 1, only);
    Report report = storm.run(0, true);
    for (String name : storm.table.keySet()) {
      if (!storm.counts.containsKey(name)) {
        report.problems.add("never done: " + name);
      }
    }
    if (only.length == 0) {
      storm.uncovered().forEach(service -> report.problems.add("service without an action: " + service));
    }
    return report;
  }

  /** Blows for some seconds. */
  public static Report blow(double seconds, long seed, int threads, String... only) {
    return new Storm(seed, threads, only).run(seconds, false);
  }

  private Report run(double seconds, boolean justOnce) {
    long abandonedBefore = Abandoned.COUNT.get();
    once = justOnce;
    try {
      blow(seconds);
    } catch (Exception e) {
      failures.add(trace("begin or end", e));
    }
    long actions = counts.values().stream().mapToLong(AtomicLong::get).sum();
    Report report = new Report(actions, Abandoned.COUNT.get() - abandonedBefore);
    report.problems.addAll(failures);
    return report;
  }

  private Set<String> uncovered() {
    Set<String> services = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
    provider.getServices().forEach(service -> services.add(service.getType() + "." + service.getAlgorithm()));
    services.removeAll(table.keySet());
    return services;
  }

  private void blow(double seconds) throws Exception {
    stock = new Stock(provider, new Random(seed));
    doomed = new Doomed(provider);
    end = System.nanoTime() + (long) (seconds * 1e9);
    for (int i = 0; i < threads.length; i++) {
      int number = i;
      since.set(i, System.nanoTime());
      threads[i] = new Thread(() -> work(number), "storm-" + number);
      threads[i].setDaemon(true);
      threads[i].start();
    }
    while (anyAlive()) {
      Thread.sleep(250);
      System.gc();
      if (stuck()) {
        return;
      }
    }
    stock.destroy();
    doomed.destroyAll();
  }

  private boolean anyAlive() {
    for (Thread thread : threads) {
      if (thread.isAlive()) {
        return true;
      }
    }
    return false;
  }

  /** Reports a thread that has not come forward for long, with what all threads do. */
  private boolean stuck() {
    for (int i = 0; i < threads.length; i++) {
      if (threads[i].isAlive() && System.nanoTime() - since.get(i) > STUCK_NANOS) {
        StringBuilder dump = new StringBuilder("storm-" + i + " is stuck in " + doing[i] + "\n");
        for (ThreadInfo info : ManagementFactory.getThreadMXBean().dumpAllThreads(true, true)) {
          dump.append(info);
        }
        failures.add(dump.toString());
        return true;
      }
    }
    return false;
  }

  private void work(int number) {
    Random random = new Random(seed * 1_000_003 + number);
    Task task = new Task(provider, stock, doomed, random);
    List<String> names = new ArrayList<>(table.keySet());
    do {
      Collections.shuffle(names, random);
      for (String name : names) {
        if (isOver()) {
          return;
        }
        doing[number] = name;
        since.set(number, System.nanoTime());
        act(name, number, task);
      }
    } while (!once);
  }

  private void act(String name, int number, Task task) {
    try {
      table.get(name).run(task);
      counts.computeIfAbsent(name, unused -> new AtomicLong()).incrementAndGet();
    } catch (Exception | Error e) {
      failures.add(trace(name + " in storm-" + number, e));
    }
  }

  private boolean isOver() {
    return !once && System.nanoTime() - end >= 0 || failures.size() >= (once ? Integer.MAX_VALUE : MOST_FAILURES);
  }

  private static String trace(String where, Throwable e) {
    StringWriter trace = new StringWriter();
    e.printStackTrace(new PrintWriter(trace));
    return where + ": " + trace;
  }
}
