package io.hsmbridge.socket;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/** A daemon of this computer, on its Unix domain socket. */
public final class UnixEndpoint implements Endpoint {

  private final Path socket;

  /**
   * Names the socket; nothing is opened yet.
   *
   * @param socket its path, of at most 106 bytes
   */
  public UnixEndpoint(Path socket) {
    this.socket = socket;
  }

  @Override
  public Wire connect(Duration timeout) throws IOException {
    return UnixWire.connect(socket, timeout);
  }

  @Override
  public String toString() {
    return "the socket " + socket;
  }
}
