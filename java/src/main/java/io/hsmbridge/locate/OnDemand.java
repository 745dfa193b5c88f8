package io.hsmbridge.locate;

import io.hsmbridge.engine.Log;
import io.hsmbridge.socket.Endpoint;
import io.hsmbridge.socket.Wire;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import java.util.logging.Level;

/** A socket whose daemon is started when it is needed and not there. */
final class OnDemand implements Endpoint {

  /** For how long a start that failed is not tried again: many threads may ask for a connection at once. */
  private static final long PATIENCE = Duration.ofSeconds(5).toNanos();

  private final Endpoint endpoint;
  private final Path socket;
  private final Daemon daemon;
  private final ReentrantLock lock = new ReentrantLock();
  private IOException failure;
  private long failed;

  OnDemand(Endpoint endpoint, Path socket, Daemon daemon) {
    this.endpoint = endpoint;
    this.socket = socket;
    this.daemon = daemon;
  }

  @Override
  public Wire connect(Duration timeout) throws IOException {
    try {
      return endpoint.connect(timeout);
    } catch (IOException e) {
      if (!nobodyListens(e)) {
        throw e;
      }
      return startAndConnect(timeout, e);
    }
  }

  /** Tells a missing daemon from one that is busy, or that this user may not reach. */
  private boolean nobodyListens(IOException e) {
    return Files.notExists(socket) || e instanceof ConnectException && Files.isWritable(socket);
  }

  private Wire startAndConnect(Duration timeout, IOException absent) throws IOException {
    lock.lock();
    try {
      if (failure != null && System.nanoTime() - failed < PATIENCE) {
        throw new IOException(failure.getMessage(), failure);
      }
      failure = null;
      try {
        // Another thread may have started it meanwhile.
        return endpoint.connect(timeout);
      } catch (IOException stillAbsent) {
        if (!nobodyListens(stillAbsent)) {
          throw stillAbsent;
        }
        start(stillAbsent);
      }
    } finally {
      lock.unlock();
    }
    Log.LOGGER.log(Level.INFO, "Started {0} for {1}.", new Object[] {daemon, endpoint});
    return endpoint.connect(timeout);
  }

  private void start(IOException absent) throws IOException {
    try {
      daemon.start();
    } catch (IOException e) {
      String message = Reason.of(absent, endpoint) + "; to start it, " + daemon + " was tried: " + Reason.of(e);
      IOException explained = new IOException(message, e);
      failure = explained;
      failed = System.nanoTime();
      throw explained;
    }
  }

  @Override
  public String toString() {
    return endpoint.toString();
  }
}
