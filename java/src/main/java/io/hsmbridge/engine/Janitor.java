package io.hsmbridge.engine;

import java.lang.ref.Cleaner;

/** Gives back what an unreachable object held in the engine. */
public final class Janitor {

  private static final Cleaner CLEANER = Cleaner.create();

  private Janitor() {}

  /**
   * Runs an action once, when an object becomes unreachable or the caller asks for it.
   *
   * @param owner the object
   * @param action what to do; must not refer to the owner
   * @return runs the action early
   */
  public static Cleaner.Cleanable whenUnreachable(Object owner, Runnable action) {
    return CLEANER.register(owner, action);
  }
}
