package io.hsmbridge.socket;

import io.hsmbridge.engine.Connecting;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/** TLS 1.3 over TCP. Threads are marked while they use it, because it must not need this provider's own algorithms. */
final class TlsWire implements Wire {

  /** What one record of TLS holds. */
  private static final int RECORD = 16_384;

  private static final int PROBE_MILLISECONDS = 1;

  private final Socket plain;
  private final Watchdog watchdog;
  private final byte[] record = new byte[RECORD];
  private SSLSocket secured;
  private InputStream input;
  private OutputStream output;
  private volatile boolean overdue;

  private TlsWire() {
    plain = new Socket();
    watchdog = Watchdog.over(this::giveUp);
  }

  static TlsWire connect(String host, int port, SSLContext context, Duration timeout) throws IOException {
    TlsWire wire = new TlsWire();
    try {
      wire.deadline(System.nanoTime() + timeout.toNanos());
      Connecting.marked(() -> wire.open(host, port, context, timeout));
      wire.deadline(NEVER);
      return wire;
    } catch (IOException e) {
      wire.close();
      throw wire.explained(e);
    } catch (RuntimeException e) {
      wire.close();
      throw e;
    }
  }

  private Void open(String host, int port, SSLContext context, Duration timeout) throws IOException {
    InetSocketAddress address = new InetSocketAddress(host, port);
    if (address.isUnresolved()) {
      throw new IOException("the name " + host + " is not known");
    }
    plain.connect(address, (int) Math.min(timeout.toMillis(), Integer.MAX_VALUE));
    plain.setTcpNoDelay(true);
    Extended.keepAlive(plain);
    secured = (SSLSocket) context.getSocketFactory().createSocket(plain, host, port, true);
    SSLParameters parameters = secured.getSSLParameters();
    parameters.setProtocols(new String[] {"TLSv1.3"});
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    secured.setSSLParameters(parameters);
    secured.startHandshake();
    input = secured.getInputStream();
    output = secured.getOutputStream();
    return null;
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
      Connecting.marked(() -> writeRecords(bytes));
    } catch (IOException e) {
      throw explained(e);
    }
  }

  private Void writeRecords(ByteBuffer bytes) throws IOException {
    try {
      while (bytes.hasRemaining()) {
        // Taken out first: a record that fails may have been sent nevertheless.
        int length = Math.min(bytes.remaining(), RECORD);
        bytes.get(record, 0, length);
        output.write(record, 0, length);
      }
    } finally {
      Arrays.fill(record, (byte) 0);
    }
    return null;
  }

  @Override
  public void read(ByteBuffer buffer) throws IOException {
    try {
      Connecting.marked(() -> readRecord(buffer));
    } catch (IOException e) {
      throw explained(e);
    }
  }

  private Void readRecord(ByteBuffer buffer) throws IOException {
    int length = input.read(record, 0, Math.min(RECORD, buffer.remaining()));
    if (length < 0) {
      throw new EOFException("the daemon closed the connection");
    }
    buffer.put(record, 0, length);
    Arrays.fill(record, 0, length, (byte) 0);
    return null;
  }

  private IOException explained(IOException e) {
    return overdue ? new SocketTimeoutException("no answer in time") : e;
  }

  /** Waits for a millisecond. Whatever arrives unasked is the end: a farewell, an alert, or no TLS at all. */
  @Override
  public boolean isQuiet() {
    try {
      plain.setSoTimeout(PROBE_MILLISECONDS);
      plain.getInputStream().read();
      return false;
    } catch (SocketTimeoutException e) {
      return restored();
    } catch (IOException e) {
      return false;
    }
  }

  private boolean restored() {
    try {
      plain.setSoTimeout(0);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Closes the connection below TLS: a farewell could block, and the daemon needs none. */
  @Override
  public void close() {
    watchdog.end();
    try {
      plain.close();
    } catch (IOException e) {
      // Nothing can be done about it, and nothing is lost: all that mattered was answered.
      return;
    }
  }
}
