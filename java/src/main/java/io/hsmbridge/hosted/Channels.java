package io.hsmbridge.hosted;

import io.hsmbridge.engine.DataLimit;
import java.util.Deque;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;

/**
 * The channels of this JVM. There are only as many as threads that gain by being in the host at once; more would wait
 * there for each other, which takes the time of those that work.
 */
final class Channels {

  /** Calls after which a thread counts as one that calls often. */
  private static final int OFTEN = 32;

  private final Host host;
  private final Semaphore free;
  private final Deque<Channel> idle = new ConcurrentLinkedDeque<>();
  private final ThreadLocal<int[]> calls = ThreadLocal.withInitial(() -> new int[1]);

  Channels(Host host) {
    this.host = host;
    this.free = new Semaphore(Integer.getInteger("x.permits", Math.max(2, Runtime.getRuntime().availableProcessors())));
  }

  /** Carries a call out in the host; see {@link Channel#call}. */
  byte[] call(
      Operation operation, long session, long key, long mechanism, byte[] parameter, byte[] data, byte[] signature) {
    DataLimit.require(parameter);
    DataLimit.require(data);
    DataLimit.require(signature);
    count();
    free.acquireUninterruptibly();
    try {
      Channel channel = idle.pollFirst();
      if (channel == null) {
        channel = new Channel(host);
      }
      try {
        return channel.call(operation, session, key, mechanism, parameter, data, signature);
      } finally {
        idle.addFirst(channel);
      }
    } finally {
      free.release();
    }
  }

  private void count() {
    int[] counted = calls.get();
    if (counted[0] < OFTEN && ++counted[0] == OFTEN) {
      host.keepThread();
    }
  }
}
