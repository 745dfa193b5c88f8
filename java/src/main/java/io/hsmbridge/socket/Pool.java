package io.hsmbridge.socket;

import io.hsmbridge.engine.HsmException;
import io.hsmbridge.engine.ReturnCodes;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Links that are free, the last used first, so that few are in use if few are needed. */
final class Pool {

  /** Opens a link that has joined the session. */
  @FunctionalInterface
  interface Opener {
    Link open(long deadline) throws IOException;
  }

  private static final long MOST_IDLE = TimeUnit.SECONDS.toNanos(60);

  /** A link that was idle for longer is looked at before it is used: the daemon may have gone. */
  private static final long FRESH = TimeUnit.MILLISECONDS.toNanos(100);

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition free = lock.newCondition();
  private final Deque<Link> idle = new ArrayDeque<>();

  /** Those that are open, idle or in use. */
  private final Set<Link> all = new HashSet<>();

  private final Watchdog sweeper = Watchdog.over(this::sweep);
  private final Opener opener;
  private final int most;
  private int open;
  private boolean sweeping;
  private boolean closed;

  Pool(Opener opener, int most) {
    this.opener = opener;
    this.most = most;
  }

  /**
   * Takes a link that is free, or opens one, or waits for one. An interrupt does not end the wait, but sets the flag.
   *
   * @param careful whether the link must be known to be alive
   * @param deadline of {@link System#nanoTime}
   * @throws HsmException with {@code DEVICE_BUSY} if none becomes free in time, or with what the daemon refuses
   * @throws IOException if no connection can be made
   */
  Link take(boolean careful, long deadline) throws IOException {
    while (true) {
      Link link = idleOrPlace(deadline);
      if (link == null) {
        return opened(deadline);
      }
      if (isAlive(link, careful)) {
        return link;
      }
      drop(link);
    }
  }

  private static boolean isAlive(Link link, boolean careful) {
    if (link.session().hasEnded()) {
      return false;
    }
    return !careful && System.nanoTime() - link.idleSince < FRESH || link.isQuiet();
  }

  /** Returns an idle link; or null, and the caller must open one. */
  private Link idleOrPlace(long deadline) {
    boolean interrupted = false;
    lock.lock();
    try {
      while (true) {
        if (closed) {
          throw closedSession();
        }
        Link link = idle.pollLast();
        if (link != null) {
          return link;
        }
        if (open < most) {
          open++;
          return null;
        }
        long left = deadline - System.nanoTime();
        if (left <= 0) {
          throw new HsmException(
              ReturnCodes.DEVICE_BUSY, "None of the " + most + " connections with the daemon became free in time.");
        }
        try {
          free.awaitNanos(left);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      lock.unlock();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private Link opened(long deadline) throws IOException {
    Link link = null;
    try {
      link = opener.open(deadline);
      return entered(link);
    } finally {
      if (link == null) {
        leave(null);
      }
    }
  }

  private Link entered(Link link) {
    lock.lock();
    try {
      if (!closed) {
        all.add(link);
        return link;
      }
    } finally {
      lock.unlock();
    }
    drop(link);
    throw closedSession();
  }

  /** Gives a link back that can be used further. */
  void give(Link link) {
    if (link.isSpent() || link.session().hasEnded()) {
      drop(link);
      return;
    }
    link.idleSince = System.nanoTime();
    lock.lock();
    try {
      if (!closed) {
        idle.addLast(link);
        if (!sweeping && (open > 1 || link.isLarge())) {
          sweeping = true;
          sweeper.deadline(link.idleSince + MOST_IDLE);
        }
        free.signal();
        return;
      }
    } finally {
      lock.unlock();
    }
    drop(link);
  }

  /** Gives a link back that is of no use any more, and closes it. */
  void drop(Link link) {
    link.close();
    leave(link);
  }

  private void leave(Link link) {
    lock.lock();
    try {
      all.remove(link);
      open--;
      free.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Closes the idle links that are dead, after one was found to be. */
  void prune() {
    for (Link link : drained()) {
      if (!link.session().hasEnded() && link.isQuiet()) {
        give(link);
      } else {
        drop(link);
      }
    }
  }

  /** Closes the idle links, after one got no answer: they may be as dead, although nobody has told them so. */
  void dropIdle() {
    drained().forEach(this::drop);
  }

  private List<Link> drained() {
    lock.lock();
    try {
      List<Link> links = new ArrayList<>(idle);
      idle.clear();
      return links;
    } finally {
      lock.unlock();
    }
  }

  /** Closes links that were idle for long, but leaves one, with a small buffer. */
  private void sweep() {
    List<Link> old = new ArrayList<>();
    lock.lock();
    try {
      long now = System.nanoTime();
      while (open - old.size() > 1 && !idle.isEmpty() && now - idle.getFirst().idleSince >= MOST_IDLE) {
        old.add(idle.removeFirst());
      }
      boolean large = false;
      for (Link link : idle) {
        if (now - link.idleSince >= MOST_IDLE) {
          link.shrink();
        }
        large |= link.isLarge();
      }
      sweeping = (open - old.size() > 1 || large) && !closed;
      if (sweeping) {
        sweeper.deadline(idle.isEmpty() ? now + MOST_IDLE : idle.getFirst().idleSince + MOST_IDLE);
      }
    } finally {
      lock.unlock();
    }
    old.forEach(this::drop);
  }

  /** Tells whether more than one link is open. */
  boolean isShared() {
    lock.lock();
    try {
      return open > 1;
    } finally {
      lock.unlock();
    }
  }

  /** Takes a link that is idle, if there is one, and lets nobody take one any more. */
  Link closing() {
    lock.lock();
    try {
      closed = true;
      sweeper.end();
      free.signalAll();
      return idle.pollLast();
    } finally {
      lock.unlock();
    }
  }

  static HsmException closedSession() {
    return new HsmException(ReturnCodes.SESSION_CLOSED, "The session has been closed. Open another one.");
  }

  /** Closes every link, also under those that use them. */
  void close() {
    List<Link> links;
    lock.lock();
    try {
      links = new ArrayList<>(all);
      idle.clear();
    } finally {
      lock.unlock();
    }
    links.forEach(Link::close);
  }
}
