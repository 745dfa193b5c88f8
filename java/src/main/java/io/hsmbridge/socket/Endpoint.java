package io.hsmbridge.socket;

import java.io.IOException;
import java.time.Duration;

/** A place where a daemon listens; {@code toString()} describes it for messages. */
public interface Endpoint {

  /**
   * Connects. An interrupt of the thread does not end that, but leaves the flag set.
   *
   * @param timeout for the whole of it, a TLS handshake included
   * @return the connection, which the caller closes
   * @throws IOException if nobody answers there, or TLS refuses; the message says why
   */
  Wire connect(Duration timeout) throws IOException;

  /**
   * Does something at the first place where it succeeds, if this endpoint stands for several.
   *
   * @param <T> what is returned
   * @param work what to do; an {@link IOException} means that the next place is to be tried
   * @return what it returns
   * @throws IOException if it succeeds nowhere; the message says why
   */
  default <T> T first(Work<T> work) throws IOException {
    return work.at(this);
  }

  /**
   * What is done at one place.
   *
   * @param <T> what is returned
   */
  @FunctionalInterface
  interface Work<T> {

    /**
     * Does it.
     *
     * @param place an endpoint that stands for one place
     * @return the result
     * @throws IOException if it does not succeed there
     */
    T at(Endpoint place) throws IOException;
  }
}
