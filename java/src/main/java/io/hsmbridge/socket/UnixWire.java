package io.hsmbridge.socket;

import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnsupportedAddressTypeException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * A Unix domain socket. An interrupt of a thread that reads or writes does not end that, but leaves the flag set.
 *
 * <p>A thread that sleeps in {@code read(2)} is woken twice: also when the daemon takes the request, because that makes
 * room in the socket. One that sleeps in a selector is woken by the answer alone.
 */
final class UnixWire implements Wire {

  /** What is to be done with a key that is ready: to know it is enough. */
  private static final Consumer<SelectionKey> NO_MORE = key -> {};

  /** For how long a thread looks for an answer that is due: to be woken for it takes as long as a quick answer. */
  private static final long LOOK_NANOS = 250_000;

  /** How long it waits before it asks the system again. */
  private static final long PAUSE_NANOS = 1_000;

  /** Answers that take longer are slept for: what it takes to be woken does not matter then. */
  private static final long LONG_NANOS = 4_000_000;

  /** From which time on a thread can sleep before it looks; the system wakes it later than it asks for. */
  private static final long WORTH_SLEEPING_NANOS = 400_000;
  private static final long LATE_NANOS = 100_000;

  /** So often does a core that waits leave the other half of a core alone, before the clock is read again. */
  private static final int PAUSES = 16;

  /** How many answers tell how long the next one takes. */
  private static final int RECENT = 8;

  /** Whether a thread that looks leaves a core to the daemon. */
  private static final boolean MAY_LOOK = Runtime.getRuntime().availableProcessors() > 1;

  /** The threads of this JVM that wait for answers. If one looks while others work, it only takes their core. */
  private static final AtomicInteger WAITING = new AtomicInteger();

  private final SocketChannel channel;
  private final Selector selector;
  private final Watchdog watchdog;
  private volatile boolean overdue;

  /** How long the last answers took, in a ring. */
  private final long[] recent = new long[RECENT];

  private int answers;

  private UnixWire(SocketChannel channel, Selector selector) {
    this.channel = channel;
    this.selector = selector;
    this.watchdog = Watchdog.over(this::giveUp);
  }

  static UnixWire connect(Path socket, Duration timeout) throws IOException {
    Owner.check(socket);
    long deadline = System.nanoTime() + timeout.toNanos();
    Interrupts interrupts = new Interrupts();
    try {
      UnixWire wire;
      do {
        interrupts.defer();
        wire = open();
      } while (!wire.isConnected(UnixDomainSocketAddress.of(socket), deadline));
      return wire.checked();
    } finally {
      interrupts.restore();
    }
  }

  /** Connects; an interrupt ends that, and the wire. */
  private boolean isConnected(UnixDomainSocketAddress address, long deadline) throws IOException {
    boolean connected = false;
    try {
      // A daemon that no longer accepts lets this block until its backlog has room.
      deadline(deadline);
      channel.connect(address);
      deadline(NEVER);
      channel.configureBlocking(false);
      channel.register(selector, SelectionKey.OP_READ);
      connected = true;
    } catch (ClosedByInterruptException e) {
      return false;
    } catch (ClosedChannelException | ClosedSelectorException e) {
      throw explained(e);
    } catch (IOException e) {
      throw new ConnectException(e.getMessage());
    } finally {
      if (!connected) {
        close();
      }
    }
    return true;
  }

  private UnixWire checked() throws IOException {
    boolean trusted = false;
    try {
      Owner.check(channel);
      trusted = true;
      return this;
    } finally {
      if (!trusted) {
        close();
      }
    }
  }

  private static UnixWire open() throws IOException {
    SocketChannel channel;
    try {
      channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    } catch (UnsupportedOperationException | UnsupportedAddressTypeException e) {
      throw new ConnectException("this system has no Unix domain sockets");
    }
    try {
      return new UnixWire(channel, Selector.open());
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  @Override
  public void deadline(long deadline) {
    watchdog.deadline(deadline);
  }

  private void giveUp() {
    overdue = true;
    close();
  }

  @Override
  public void write(ByteBuffer bytes) throws IOException {
    try {
      channel.write(bytes);
      if (bytes.hasRemaining()) {
        writeSlowly(bytes);
      }
    } catch (ClosedChannelException | ClosedSelectorException | CancelledKeyException e) {
      throw explained(e);
    }
  }

  private void writeSlowly(ByteBuffer bytes) throws IOException {
    SelectionKey key = channel.keyFor(selector);
    key.interestOps(SelectionKey.OP_WRITE);
    while (bytes.hasRemaining()) {
      sleep();
      channel.write(bytes);
    }
    key.interestOps(SelectionKey.OP_READ);
  }

  @Override
  public void read(ByteBuffer buffer) throws IOException {
    int count = 0;
    try {
      long start = System.nanoTime();
      boolean alone = WAITING.incrementAndGet() == 1;
      long due = due();
      if (alone && MAY_LOOK && due < LONG_NANOS) {
        count = looked(buffer, start, due);
      }
      while (count == 0) {
        sleep();
        count = channel.read(buffer);
        remember(System.nanoTime() - start);
      }
    } catch (ClosedChannelException | ClosedSelectorException e) {
      throw explained(e);
    } finally {
      WAITING.decrementAndGet();
    }
    if (count < 0) {
      throw new EOFException("the daemon closed the connection");
    }
  }

  /** Returns after how long the next answer may come: the shortest time of late, so that no quick one is kept waiting. */
  private long due() {
    long shortest = recent[0];
    for (long each : recent) {
      shortest = Math.min(shortest, each);
    }
    return shortest * 3 / 4;
  }

  private void remember(long nanos) {
    recent[answers++ & RECENT - 1] = nanos;
  }

  /**
   * Looks for bytes when they are due, for a moment, or until another thread waits; returns how many came.
   *
   * <p>Nothing is asked of the system before: the cores of a virtual machine are often two halves of one, and calls of
   * the system on the one can double the time that the daemon needs on the other.
   */
  private int looked(ByteBuffer buffer, long start, long due) throws IOException {
    if (due > WORTH_SLEEPING_NANOS) {
      LockSupport.parkNanos(this, due - LATE_NANOS);
    }
    long next = start + due;
    long end = next + LOOK_NANOS;
    int count = 0;
    boolean first = true;
    while (count == 0 && WAITING.get() == 1 && next - end < 0) {
      while (System.nanoTime() - next < 0 && WAITING.get() == 1) {
        for (int i = 0; i < PAUSES; i++) {
          Thread.onSpinWait();
        }
      }
      count = channel.read(buffer);
      if (count != 0) {
        // What was there at the first look may have been there for long.
        remember(first ? due : System.nanoTime() - start);
      }
      first = false;
      next = System.nanoTime() + PAUSE_NANOS;
    }
    return count;
  }

  /** Sleeps until the socket has, or takes, bytes. */
  private void sleep() throws IOException {
    Interrupts interrupts = new Interrupts();
    try {
      while (selector.select(NO_MORE) == 0 && channel.isOpen()) {
        interrupts.defer();
      }
    } finally {
      interrupts.restore();
    }
  }

  private IOException explained(Exception e) {
    return overdue ? new SocketTimeoutException("no answer in time") : new IOException("the connection was closed", e);
  }

  @Override
  public boolean isQuiet() {
    try {
      return channel.read(ByteBuffer.allocate(1)) == 0;
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void close() {
    watchdog.end();
    try (selector) {
      channel.close();
    } catch (IOException e) {
      // Nothing can be done about it, and nothing is lost: all that mattered was answered.
      return;
    }
  }
}
