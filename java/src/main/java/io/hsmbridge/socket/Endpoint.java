package io.hsmbridge.socket;

import java.io.IOException;
import java.time.Duration;

/** A place where a daemon listens; {@code toString()} describes it for messages. */
public interface Endpoint {

  /**
   * Connects. A thread that is interrupted meanwhile gets an exception; its flag stays set.
   *
   * @param timeout for the whole of it, a TLS handshake included
   * @return the connection, which the caller closes
   * @throws IOException if nobody answers there, or TLS refuses; the message says why
   */
  Wire connect(Duration timeout) throws IOException;
}
