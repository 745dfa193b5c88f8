package io.hsmbridge.socket;

/** What the daemon calls a session: the same object for as long as it lasts. Its token is a secret. */
final class Session {

  static final int TOKEN_BYTES = 32;

  private final byte[] token;
  private volatile boolean ended;

  Session(byte[] token) {
    this.token = token;
  }

  byte[] token() {
    return token;
  }

  /** Tells whether links of it are to be closed. */
  boolean hasEnded() {
    return ended;
  }

  void end() {
    ended = true;
  }
}
