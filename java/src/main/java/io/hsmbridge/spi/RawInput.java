package io.hsmbridge.spi;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.security.SignatureException;

/** Keeps the data as it is, for signatures over a digest that the caller computed. */
final class RawInput implements SignatureInput {

  private final int limit;
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();
  private boolean overflow;

  private RawInput(int limit) {
    this.limit = limit;
  }

  static RawInput unlimited() {
    return new RawInput(Integer.MAX_VALUE);
  }

  /** Longer data is an error when it is signed, as in SunEC. */
  static RawInput atMost(int bytes) {
    return new RawInput(bytes);
  }

  @Override
  public void update(byte[] bytes, int offset, int length) {
    if (overflow || length > limit - data.size()) {
      overflow = true;
    } else {
      data.write(bytes, offset, length);
    }
  }

  @Override
  public void update(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    update(bytes, 0, bytes.length);
  }

  @Override
  public byte[] finish() throws SignatureException {
    try {
      if (overflow) {
        throw new SignatureException(
            "The message digest is longer than " + limit + " bytes; this algorithm signs a digest, not the message.");
      }
      return data.toByteArray();
    } finally {
      reset();
    }
  }

  @Override
  public void reset() {
    data.reset();
    overflow = false;
  }
}
