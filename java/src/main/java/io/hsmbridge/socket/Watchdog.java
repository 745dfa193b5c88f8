package io.hsmbridge.socket;

import io.hsmbridge.engine.Log;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.logging.Level;

/**
 * Does something when a deadline has passed, such as closing a wire: one thread for all, which sleeps until the next
 * deadline, and ends when nothing has been watched for a while. Blocking reads of a Unix domain socket know no timeout
 * of their own, nor do blocking writes of TLS.
 */
final class Watchdog {

  private static final Set<Watchdog> WATCHED = ConcurrentHashMap.newKeySet();

  private static final long LONGEST_SLEEP = 3_600_000_000_000L;

  /** While deadlines come and go the thread looks so often by itself, so that few of them need to wake it. */
  private static final long TICK = 1_000_000_000L;

  /** When the thread looks next; a deadline before it has to wake the thread. */
  private static volatile long wakes = System.nanoTime();

  /** How long the thread waits for somebody to watch over, before it ends. */
  private static final long MOST_IDLE = 5_000_000_000L;

  /** Held while the thread is started, and while it decides to end. */
  private static final ReentrantLock LIFE = new ReentrantLock();

  /** Null while nothing is watched. */
  private static volatile Thread thread;

  private final Runnable action;
  private volatile long deadline = Wire.NEVER;

  /** The thread's own: what it saw last. */
  private long seen = Wire.NEVER;

  private Watchdog(Runnable action) {
    this.action = action;
  }

  /**
   * Begins to watch.
   *
   * @param action runs in the watchdog's thread each time that a deadline has passed; must not block
   * @return has no deadline yet
   */
  static Watchdog over(Runnable action) {
    Watchdog watchdog = new Watchdog(action);
    WATCHED.add(watchdog);
    boolean watched = false;
    try {
      start();
      watched = true;
    } finally {
      if (!watched) {
        watchdog.end();
      }
    }
    return watchdog;
  }

  /** Sets the deadline, of {@link System#nanoTime}, or {@link Wire#NEVER}. */
  void deadline(long next) {
    deadline = next;
    if (next != Wire.NEVER && next - wakes < 0) {
      LockSupport.unpark(thread);
    }
  }

  /** Ends the watch. */
  void end() {
    WATCHED.remove(this);
    if (WATCHED.isEmpty()) {
      LockSupport.unpark(thread);
    }
  }

  private static void start() {
    LIFE.lock();
    try {
      if (thread == null) {
        Thread next = Background.thread(Watchdog::watch, "hsmbridge-watchdog");
        next.start();
        thread = next;
      }
    } finally {
      LIFE.unlock();
    }
  }

  private static void watch() {
    long used = System.nanoTime();
    while (true) {
      if (!WATCHED.isEmpty()) {
        used = System.nanoTime();
      } else if (System.nanoTime() - used >= MOST_IDLE && isEnd()) {
        return;
      }
      // Published before the deadlines are read: one that is set meanwhile is either seen here or wakes the thread.
      wakes = System.nanoTime() + LONGEST_SLEEP;
      long next = look();
      wakes = next;
      long sleep = next - System.nanoTime();
      if (sleep > 0) {
        LockSupport.parkNanos(sleep);
      }
    }
  }

  private static boolean isEnd() {
    LIFE.lock();
    try {
      // Whoever begins to be watched is seen here, or sees that there is no thread.
      if (!WATCHED.isEmpty()) {
        return false;
      }
      thread = null;
      return true;
    } finally {
      LIFE.unlock();
    }
  }

  private static long look() {
    long now = System.nanoTime();
    long next = now + (WATCHED.isEmpty() ? MOST_IDLE : LONGEST_SLEEP);
    for (Watchdog each : WATCHED) {
      long deadline = each.deadline;
      if (deadline != Wire.NEVER && deadline - now <= 0) {
        each.deadline = Wire.NEVER;
        each.act();
        deadline = each.deadline;
      }
      if (deadline != each.seen) {
        each.seen = deadline;
        next = Math.min(next - now, TICK) + now;
      }
      if (deadline != Wire.NEVER && deadline - next < 0) {
        next = deadline;
      }
    }
    return next;
  }

  private void act() {
    try {
      action.run();
    } catch (RuntimeException | Error e) {
      // One that fails must not end the watch over the others.
      Log.LOGGER.log(Level.WARNING, "The watchdog's action failed", e);
    }
  }
}
