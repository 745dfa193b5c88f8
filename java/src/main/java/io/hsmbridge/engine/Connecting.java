package io.hsmbridge.engine;

/**
 * Marks threads that speak TLS with a daemon. They need algorithms from other providers: this one's would need the very
 * connection that is being made or used.
 */
public final class Connecting {

  private static final ThreadLocal<Boolean> MARK = new ThreadLocal<>();

  private Connecting() {}

  /** What a marked thread does. */
  @FunctionalInterface
  public interface Work<T, E extends Exception> {

    /**
     * Does it.
     *
     * @return its result
     * @throws E what it throws
     */
    T run() throws E;
  }

  /**
   * Runs something with the calling thread marked.
   *
   * @param work what to run
   * @return its result
   * @throws E what it throws
   */
  public static <T, E extends Exception> T marked(Work<T, E> work) throws E {
    if (isMarked()) {
      return work.run();
    }
    MARK.set(Boolean.TRUE);
    try {
      return work.run();
    } finally {
      MARK.remove();
    }
  }

  /**
   * Tells whether the calling thread is marked.
   *
   * @return true if it must not use this provider
   */
  public static boolean isMarked() {
    return MARK.get() != null;
  }
}
