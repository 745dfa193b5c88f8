package io.hsmbridge.speed;

import io.hsmbridge.engine.Attributes;
import io.hsmbridge.engine.Engine;
import io.hsmbridge.engine.Mechanisms;
import io.hsmbridge.engine.Parameters;
import io.hsmbridge.locate.Locator;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/** Operations without JCA: calls of the engine, in this process or through a daemon. */
final class EngineWorks {

  private static final byte[] P256 = {6, 8, 42, (byte) 0x86, 72, (byte) 0xce, 61, 3, 1, 7};
  private static final int TAG_BITS = 128;
  private static final int DIGEST = 32;

  /** Of PKCS#1 v1.5: the DigestInfo of SHA-256. */
  private static final int DIGEST_INFO = 51;

  /** Bytes of a stream that are encrypted at once, and of an IV. */
  private static final int BUFFER = 1 << 16;

  private static final int IV = 16;

  private final Map<String, Long> keys = new HashMap<>();
  private Engine engine;

  Work make(String operation, int size) throws Exception {
    Engine used = engine();
    switch (operation) {
      case "p256-sign":
        long ec = key(operation, () -> pair(used, Mechanisms.EC_KEY_PAIR_GEN, Map.of(Attributes.EC_PARAMS, P256)));
        return signing(used, ec, Mechanisms.ECDSA, DIGEST);
      case "rsa2048-sign":
        Map<String, Object> bits = Map.of(Attributes.MODULUS_BITS, 2048L);
        long rsa = key(operation, () -> pair(used, Mechanisms.RSA_PKCS_KEY_PAIR_GEN, bits));
        return signing(used, rsa, Mechanisms.RSA_PKCS, DIGEST_INFO);
      case "hmac-sha256":
        long secret = key(operation, () -> secret(used, Mechanisms.GENERIC_SECRET_KEY_GEN));
        return signing(used, secret, Mechanisms.SHA256_HMAC, size);
      case "aes256-gcm":
        long aes = key(operation, () -> secret(used, Mechanisms.AES_KEY_GEN));
        byte[] parameter = Parameters.gcm(new byte[0], new byte[0], TAG_BITS);
        byte[] plaintext = new byte[size];
        return () -> used.encrypt(aes, Mechanisms.CLOUDHSM_AES_GCM, parameter, plaintext);
      case "aes256-cbc":
        return stream(used, key(operation, () -> secret(used, Mechanisms.AES_KEY_GEN)), Mechanisms.AES_CBC, size);
      case "aes256-ctr":
        return stream(used, key(operation, () -> secret(used, Mechanisms.AES_KEY_GEN)), Mechanisms.AES_CTR, size);
      default:
        throw new IllegalArgumentException("There is no profile of " + operation + ".");
    }
  }

  private synchronized Engine engine() throws Exception {
    if (engine == null) {
      Engine opened = Locator.open(null, null);
      opened.login(System.getenv("HSM_USER"), System.getenv("HSM_PASSWORD").getBytes(StandardCharsets.UTF_8));
      engine = opened;
    }
    return engine;
  }

  private static Work signing(Engine engine, long key, long mechanism, int size) {
    byte[] data = new byte[size];
    return () -> engine.sign(key, mechanism, null, data);
  }

  private static Work stream(Engine engine, long key, long mechanism, int size) {
    byte[] parameter = Parameters.iv(new byte[IV]);
    byte[] plaintext = new byte[BUFFER];
    byte[] ciphertext = new byte[BUFFER];
    return () -> {
      for (int left = size; left > 0; left -= BUFFER) {
        ByteBuffer piece = ByteBuffer.wrap(plaintext, 0, Math.min(left, BUFFER));
        engine.encrypt(key, mechanism, parameter, piece, ByteBuffer.wrap(ciphertext));
      }
    };
  }

  /** Returns the key of an operation, which every turn uses: a new one would be read and parsed in the turn. */
  private long key(String operation, LongSupplier maker) {
    return keys.computeIfAbsent(operation, name -> maker.getAsLong());
  }

  private static long pair(Engine engine, long mechanism, Map<String, Object> publicTemplate) {
    return engine.generateKeyPair(mechanism, publicTemplate, Map.of())[1];
  }

  private static long secret(Engine engine, long mechanism) {
    return engine.generateKey(mechanism, Map.of(Attributes.VALUE_LEN, 32L));
  }
}
