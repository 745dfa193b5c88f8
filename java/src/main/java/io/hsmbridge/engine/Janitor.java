package io.hsmbridge.engine;

import java.lang.ref.Cleaner;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/** Gives back what an unreachable object held in the engine. */
public final class Janitor {

  private static final Cleaner CLEANER = Cleaner.create();
  private static final ReadWriteLock AT_WORK = new ReentrantReadWriteLock();
  private static boolean closed;

  private Janitor() {}

  /**
   * Runs an action once, when an object becomes unreachable or the caller asks for it.
   *
   * @param owner the object
   * @param action what to do; must not refer to the owner
   * @return runs the action early
   */
  public static Cleaner.Cleanable whenUnreachable(Object owner, Runnable action) {
    return CLEANER.register(owner, () -> runUnlessClosed(action));
  }

  private static void runUnlessClosed(Runnable action) {
    AT_WORK.readLock().lock();
    try {
      if (!closed) {
        action.run();
      }
    } finally {
      AT_WORK.readLock().unlock();
    }
  }

  /**
   * Ends the work: waits for actions that run, and lets none begin any more.
   *
   * <p>A host calls this before its engine goes. What is left is session keys, which end with the process.
   */
  public static void close() {
    AT_WORK.writeLock().lock();
    closed = true;
    AT_WORK.writeLock().unlock();
  }
}
