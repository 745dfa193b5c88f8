import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.security.Provider;
import java.security.Security;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;

/**
 * Mixed load on the daemon from a plain JVM. Arguments: threads, seed. Says on standard output, line by line, which
 * persistent keys it tries to make, has made and destroys, and how much of the heap is in use. A line on standard input
 * begins a new chapter, the end of standard input ends the load; then a report of each chapter follows.
 */
public final class Load {

  private static final long STUCK_NANOS = 60_000_000_000L;
  private static final int MOST_PROBLEMS = 20;
  private static final long PAUSE_MILLIS = Long.parseLong(System.getenv().getOrDefault("LOAD_PAUSE_MS", "0"));

  private final Queue<String> problems = new ConcurrentLinkedQueue<>();
  private final List<Chapter> chapters = new ArrayList<>();
  private volatile Chapter chapter = new Chapter();
  private volatile boolean over;

  private Load() {}

  /** Runs until standard input ends. */
  public static void main(String[] args) throws Exception {
    Provider provider = new CloudHsmProvider();
    Security.addProvider(provider);
    long seed = Long.parseLong(args[1]);
    new Load().run(new Stock(provider, new Random(seed)), Integer.parseInt(args[0]), seed);
    System.exit(0);
  }

  private void run(Stock stock, int count, long seed) throws Exception {
    List<Worker> workers = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      workers.add(new Worker(stock, this, i, seed));
      threads.add(new Thread(workers.get(i), "load-" + i));
      threads.get(i).setDaemon(true);
    }
    chapters.add(chapter);
    threads.forEach(Thread::start);
    say("ready");
    Thread observer = new Thread(() -> observe(workers, threads), "observer");
    observer.setDaemon(true);
    observer.start();
    BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    while (commands.readLine() != null) {
      Chapter next = new Chapter();
      chapters.add(next);
      chapter = next;
      awaitAll(workers, next);
      say("chapter");
    }
    over = true;
    for (Thread thread : threads) {
      thread.join(STUCK_NANOS / 1_000_000);
      if (thread.isAlive()) {
        stuck(thread);
      }
    }
    say("report " + report());
  }

  /** Waits until nobody is in the middle of what began in an earlier chapter. */
  private static void awaitAll(List<Worker> workers, Chapter chapter) throws InterruptedException {
    long end = System.nanoTime() + STUCK_NANOS;
    while (System.nanoTime() - end < 0 && workers.stream().anyMatch(worker -> worker.last != chapter)) {
      Thread.sleep(1);
    }
  }

  private void observe(List<Worker> workers, List<Thread> threads) {
    Runtime runtime = Runtime.getRuntime();
    while (!over) {
      System.gc();
      say("heap " + (runtime.totalMemory() - runtime.freeMemory()));
      for (int i = 0; i < workers.size(); i++) {
        long since = workers.get(i).since;
        if (since != 0 && System.nanoTime() - since > STUCK_NANOS) {
          stuck(threads.get(i));
        }
      }
      try {
        Thread.sleep(1_000);
      } catch (InterruptedException e) {
        throw new IllegalStateException("nobody interrupts the observer", e);
      }
    }
  }

  private void stuck(Thread thread) {
    Exception where = new IllegalStateException("stuck");
    where.setStackTrace(thread.getStackTrace());
    problem(thread.getName(), where);
  }

  boolean isOver() {
    return over || problems.size() >= MOST_PROBLEMS;
  }

  /** Leaves the machine to others for a while; the variable {@code LOAD_PAUSE_MS} says for how long. */
  void pause() {
    if (PAUSE_MILLIS > 0) {
      try {
        Thread.sleep(PAUSE_MILLIS);
      } catch (InterruptedException e) {
        throw new IllegalStateException("nobody interrupts the load", e);
      }
    }
  }

  Chapter chapter() {
    return chapter;
  }

  void problem(String where, Throwable e) {
    StringWriter trace = new StringWriter();
    e.printStackTrace(new PrintWriter(trace));
    problems.add(where + ": " + trace);
  }

  void say(String line) {
    synchronized (System.out) {
      System.out.println(line);
      System.out.flush();
    }
  }

  private String report() {
    String texts = problems.stream().map(Load::quoted).collect(Collectors.joining(", "));
    String all = chapters.stream().map(Chapter::asJson).collect(Collectors.joining(", "));
    return "{\"problems\": [" + texts + "], \"chapters\": [" + all + "]}";
  }

  static String quoted(String text) {
    return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n").replace("\t", " ") + "\"";
  }
}
