package io.hsmbridge.socket;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** How often one operation is tried, and how long it waits in between: twice as long each time, with jitter. */
final class Backoff {

  private static final int MOST_TRIES = 6;
  private static final long FIRST = TimeUnit.MILLISECONDS.toNanos(50);
  private static final long LONGEST = TimeUnit.SECONDS.toNanos(1);

  private final long deadline;
  private int tries = 1;

  Backoff(long deadline) {
    this.deadline = deadline;
  }

  /**
   * Waits until it is time for the next try. An interrupt does not end the wait.
   *
   * @return whether there was one; false if there is no next try
   */
  boolean waitsForNext(Interrupts interrupts) {
    if (tries == MOST_TRIES) {
      return false;
    }
    long longest = Math.min(FIRST << tries - 1, LONGEST);
    long end = System.nanoTime() + longest / 2 + ThreadLocalRandom.current().nextLong(longest / 2);
    if (end - deadline >= 0) {
      return false;
    }
    tries++;
    for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
      interrupts.sleep(left);
    }
    return true;
  }
}
