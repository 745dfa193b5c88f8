package io.hsmbridge.socket;

import java.util.concurrent.TimeUnit;

/** The interrupts of one operation, kept for its end: a thread whose flag is set cannot use a channel. */
final class Interrupts {

  private boolean any;

  /** Clears the thread's flag for now. */
  void defer() {
    any |= Thread.interrupted();
  }

  /** Sleeps; an interrupt ends it early. */
  void sleep(long nanoseconds) {
    try {
      TimeUnit.NANOSECONDS.sleep(nanoseconds);
    } catch (InterruptedException e) {
      any = true;
    }
  }

  /** Sets the thread's flag if it was set at any time. */
  void restore() {
    if (any) {
      Thread.currentThread().interrupt();
    }
  }
}
