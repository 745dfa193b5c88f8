package io.hsmbridge.spi;

import io.hsmbridge.connection.Connection;
import io.hsmbridge.engine.Connecting;
import io.hsmbridge.engine.Errors;
import io.hsmbridge.engine.HsmException;
import java.io.NotSerializableException;
import java.security.SecureRandomSpi;

/**
 * Random bytes of the HSM. It seeds itself, so a caller's seed changes nothing; safe for use by many threads. What a
 * thread needs to speak TLS with the HSM itself is another provider's.
 */
final class HsmSecureRandom extends SecureRandomSpi {

  private static final long serialVersionUID = 1L;
  private static final int MOST_AT_ONCE = 1 << 16;

  private final transient Connection connection;

  HsmSecureRandom(Connection connection) {
    this.connection = connection;
  }

  /** Does nothing: the HSM's generator takes no seed from outside. */
  @Override
  protected void engineSetSeed(byte[] seed) {}

  @Override
  protected void engineNextBytes(byte[] bytes) {
    if (Connecting.isMarked()) {
      Software.nextBytes(bytes);
      return;
    }
    try {
      for (int filled = 0; filled < bytes.length; ) {
        byte[] some = connection.engine().random(Math.min(MOST_AT_ONCE, bytes.length - filled));
        System.arraycopy(some, 0, bytes, filled, some.length);
        filled += some.length;
      }
    } catch (HsmException e) {
      throw Errors.unchecked(e);
    }
  }

  @Override
  protected byte[] engineGenerateSeed(int count) {
    byte[] seed = new byte[count];
    engineNextBytes(seed);
    return seed;
  }

  private Object writeReplace() throws NotSerializableException {
    throw new NotSerializableException("The random number generator stays in the HSM.");
  }
}
