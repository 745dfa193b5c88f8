package io.hsmbridge.locate;

import io.hsmbridge.socket.Endpoint;
import java.net.UnknownHostException;

/** What an exception says, in one line. */
final class Reason {

  private Reason() {}

  /** Leaves out the place at the beginning, where the reader is told already where it was. */
  static String of(Throwable e, Endpoint at) {
    String reason = of(e);
    int colon = reason.indexOf(": ");
    return colon > 0 && at.toString().endsWith(reason.substring(0, colon)) ? reason.substring(colon + 2) : reason;
  }

  static String of(Throwable e) {
    String message = e.getMessage();
    if (message == null || message.isBlank()) {
      return e.getClass().getSimpleName();
    }
    // A host that is not known has nothing but its name for a message.
    return e instanceof UnknownHostException ? "unknown host " + message : message.strip();
  }
}
