package io.hsmbridge.spi;

import java.nio.ByteBuffer;
import java.security.SignatureException;

/** Collects the data of a signature in Java, so that only what the mechanism signs crosses the border. */
interface SignatureInput {

  void update(byte[] data, int offset, int length);

  void update(ByteBuffer data);

  /** Returns what the mechanism signs, and resets. */
  byte[] finish() throws SignatureException;

  void reset();
}
