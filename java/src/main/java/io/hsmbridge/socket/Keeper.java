package io.hsmbridge.socket;

import io.hsmbridge.engine.HsmException;
import io.hsmbridge.engine.Log;
import java.io.IOException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.logging.Level;

/**
 * One more link of the session, which no operation uses. The session ends with its last link, and a timeout may cost the
 * only other one.
 */
final class Keeper {

  private static final ThreadPoolExecutor BACKGROUND = background();

  private final Sessions sessions;
  private final long timeout;
  private final ReentrantLock lock = new ReentrantLock();
  private final AtomicBoolean asked = new AtomicBoolean();
  private Link link;
  private boolean closed;

  Keeper(Sessions sessions, long timeoutNanoseconds) {
    this.sessions = sessions;
    this.timeout = timeoutNanoseconds;
  }

  private static ThreadPoolExecutor background() {
    return new ThreadPoolExecutor(
        0, 1, 5, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), work -> Background.thread(work, "hsmbridge-keeper"));
  }

  /** Sees to it, without waiting for it, that the link is there and belongs to the current session. */
  void look() {
    if (asked.compareAndSet(false, true)) {
      BACKGROUND.execute(this::ensure);
    }
  }

  private void ensure() {
    asked.set(false);
    Session session = sessions.current();
    if (session == null || isKept(session)) {
      return;
    }
    try {
      replace(sessions.join(session, System.nanoTime() + timeout));
    } catch (IOException | HsmException e) {
      // The next operation finds out what is wrong, and says so to somebody.
      Log.LOGGER.log(Level.FINE, "No second connection with the daemon", e);
    }
  }

  private boolean isKept(Session session) {
    lock.lock();
    try {
      return closed || link != null && link.session() == session && link.isQuiet();
    } finally {
      lock.unlock();
    }
  }

  private void replace(Link next) {
    Link last = next;
    lock.lock();
    try {
      if (!closed) {
        last = link;
        link = next;
      }
    } finally {
      lock.unlock();
    }
    if (last != null) {
      last.close();
    }
  }

  /** Hands the link over, for the last request of the session; null if there is none. */
  Link take() {
    lock.lock();
    try {
      Link taken = link;
      link = null;
      return taken;
    } finally {
      lock.unlock();
    }
  }

  /** Closes the link; the next {@link #look} opens another one. */
  void drop() {
    replace(null);
  }

  /** Closes the link for good. */
  void close() {
    drop();
    lock.lock();
    try {
      closed = true;
    } finally {
      lock.unlock();
    }
    drop();
  }
}
