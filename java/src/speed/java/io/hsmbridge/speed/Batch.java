package io.hsmbridge.speed;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Threads that do their work for some time. */
final class Batch {

  private Batch() {}

  /**
   * Runs each work in a thread of its own, all of them until the time is over.
   *
   * @return how often it was done, and the nanoseconds that it took
   */
  static long[] run(List<Work> works, long milliseconds) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(works.size());
    try {
      long start = System.nanoTime();
      long end = start + milliseconds * 1_000_000;
      List<Callable<Long>> tasks = new ArrayList<>();
      for (Work work : works) {
        tasks.add(() -> repeat(work, end));
      }
      long done = 0;
      for (Future<Long> result : pool.invokeAll(tasks)) {
        done += result.get();
      }
      return new long[] {done, System.nanoTime() - start};
    } finally {
      pool.shutdown();
    }
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
