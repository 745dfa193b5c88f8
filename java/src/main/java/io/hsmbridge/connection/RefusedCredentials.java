package io.hsmbridge.connection;

import io.hsmbridge.engine.Connecting;
import io.hsmbridge.engine.HsmException;
import io.hsmbridge.engine.ReturnCodes;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The credentials of the system that were refused last, for a while. The JDK makes a provider that {@code
 * java.security} names twice, and again and again if that fails; without this, one wrong password would lock the
 * account soon.
 *
 * @param salt makes the digest this JVM's own
 * @param digest of user and password
 * @param code the refusal's
 * @param message the refusal's
 * @param since of {@link System#nanoTime}
 */
record RefusedCredentials(byte[] salt, byte[] digest, long code, String message, long since) {

  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(30);
  private static final AtomicReference<RefusedCredentials> LAST = new AtomicReference<>();
  private static final int SALT_BYTES = 16;

  /** Remembers a refusal, if it is one that counts against the account. */
  static void remember(String user, byte[] password, HsmException refusal) {
    if (refusal.code() == ReturnCodes.PIN_INCORRECT || refusal.code() == ReturnCodes.PIN_LOCKED) {
      byte[] salt = new byte[SALT_BYTES];
      ThreadLocalRandom.current().nextBytes(salt);
      LAST.set(
          new RefusedCredentials(
              salt, digest(salt, user, password), refusal.code(), refusal.getMessage(), System.nanoTime()));
    }
  }

  /**
   * Refuses what was refused a moment ago.
   *
   * @throws HsmException as the HSM has thrown it
   */
  static void check(String user, byte[] password) {
    RefusedCredentials last = LAST.get();
    if (last != null
        && System.nanoTime() - last.since < PATIENCE
        && Arrays.equals(last.digest, digest(last.salt, user, password))) {
      throw new HsmException(last.code, last.message);
    }
  }

  private static byte[] digest(byte[] salt, String user, byte[] password) {
    byte[] name = user.getBytes(StandardCharsets.UTF_8);
    byte[] length = ByteBuffer.allocate(Integer.BYTES).putInt(name.length).array();
    // Marked, because another provider's digest is meant.
    MessageDigest digest = Connecting.marked(RefusedCredentials::sha256);
    digest.update(salt);
    digest.update(length);
    digest.update(name);
    return digest.digest(password);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
