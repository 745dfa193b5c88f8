package io.hsmbridge.socket;

import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnsupportedAddressTypeException;
import java.nio.file.Path;
import java.time.Duration;

/** A Unix domain socket. It closes itself if its thread is interrupted while it reads or writes. */
final class UnixWire implements Wire {

  private final SocketChannel channel;
  private final Watchdog watchdog;
  private volatile boolean overdue;

  private UnixWire(SocketChannel channel) {
    this.channel = channel;
    this.watchdog = Watchdog.over(this::giveUp);
  }

  static UnixWire connect(Path socket, Duration timeout) throws IOException {
    Owner.check(socket);
    UnixWire wire = new UnixWire(open());
    try {
      // A daemon that no longer accepts lets this block until its backlog has room.
      wire.deadline(System.nanoTime() + timeout.toNanos());
      wire.channel.connect(UnixDomainSocketAddress.of(socket));
      wire.deadline(NEVER);
    } catch (AsynchronousCloseException e) {
      wire.close();
      throw wire.explained(e);
    } catch (IOException e) {
      wire.close();
      throw new ConnectException(e.getMessage());
    } catch (RuntimeException e) {
      wire.close();
      throw e;
    }
    return wire.checked();
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

  private static SocketChannel open() throws IOException {
    try {
      return SocketChannel.open(StandardProtocolFamily.UNIX);
    } catch (UnsupportedOperationException | UnsupportedAddressTypeException e) {
      throw new ConnectException("this system has no Unix domain sockets");
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
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    } catch (AsynchronousCloseException e) {
      throw explained(e);
    }
  }

  @Override
  public void read(ByteBuffer buffer) throws IOException {
    try {
      if (channel.read(buffer) < 0) {
        throw new EOFException("the daemon closed the connection");
      }
    } catch (AsynchronousCloseException e) {
      throw explained(e);
    }
  }

  private IOException explained(AsynchronousCloseException e) {
    if (overdue) {
      return new SocketTimeoutException("no answer in time");
    }
    return new IOException(
        e instanceof ClosedByInterruptException ? "the thread was interrupted" : "the connection was closed", e);
  }

  @Override
  public boolean isQuiet() {
    try {
      channel.configureBlocking(false);
      boolean quiet = channel.read(ByteBuffer.allocate(1)) == 0;
      channel.configureBlocking(true);
      return quiet;
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void close() {
    watchdog.end();
    try {
      channel.close();
    } catch (IOException e) {
      // Nothing can be done about it, and nothing is lost: all that mattered was answered.
      return;
    }
  }
}
