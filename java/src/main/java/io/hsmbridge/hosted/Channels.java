package io.hsmbridge.hosted;

import io.hsmbridge.engine.DataLimit;
import java.nio.ByteBuffer;
import java.util.Deque;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;
import java.util.function.IntFunction;

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
    int most = Math.max(2, Runtime.getRuntime().availableProcessors());
    for (int i = 0; i < most; i++) {
      idle.addFirst(new Channel(host));
    }
    free = new Semaphore(most);
  }

  /**
   * Carries a call out in the host; see {@link Channel#call}.
   *
   * @param place returns where a result of so many bytes goes
   */
  void call(
      Operation operation,
      long session,
      long key,
      long mechanism,
      byte[] parameter,
      ByteBuffer data,
      byte[] signature,
      IntFunction<ByteBuffer> place) {
    DataLimit.require(parameter == null ? 0 : parameter.length);
    DataLimit.require(data.remaining());
    DataLimit.require(signature == null ? 0 : signature.length);
    count();
    free.acquireUninterruptibly();
    try {
      Channel channel = idle.removeFirst();
      try {
        int length = channel.call(operation, session, key, mechanism, parameter, data, signature);
        channel.get(length, place.apply(length));
      } finally {
        channel.wipe();
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
