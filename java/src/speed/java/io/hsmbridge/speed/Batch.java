package io.hsmbridge.speed;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Threads that do their work for some time. */
final class Batch {

  /** Threads that stay, as those of servers do: what a provider keeps for a thread is made once. */
  private static final ExecutorService POOL =
      new ThreadPoolExecutor(
          0, Integer.MAX_VALUE, Long.MAX_VALUE, TimeUnit.NANOSECONDS, new SynchronousQueue<>(), Batch::thread);

  private Batch() {}

  /**
   * Runs each work in a thread of its own, all of them until the time is over.
   *
   * @return how often it was done, and the nanoseconds that it took
   */
  static long[] run(List<Work> works, long milliseconds) throws Exception {
    long start = System.nanoTime();
    long end = start + milliseconds * 1_000_000;
    List<Callable<Long>> tasks = new ArrayList<>();
    for (Work work : works) {
      tasks.add(() -> repeat(work, end));
    }
    long done = 0;
    for (Future<Long> result : POOL.invokeAll(tasks)) {
      done += result.get();
    }
    return new long[] {done, System.nanoTime() - start};
  }

  /** Makes a thread that does not keep the program from ending. */
  private static Thread thread(Runnable task) {
    Thread thread = new Thread(task);
    thread.setDaemon(true);
    return thread;
  }

  private static long repeat(Work work, long end) throws Exception {
    long done = 0;
    do {
      work.run();
      done++;
    } while (System.nanoTime() - end < 0);
    return done;
  }
}
