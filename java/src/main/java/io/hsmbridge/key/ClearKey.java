package io.hsmbridge.key;

import com.amazonaws.cloudhsm.jce.jni.exception.InternalException;
import io.hsmbridge.engine.OwnProvider;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.Security;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.function.Function;

/** Reads the numbers of a private key that the HSM gave in clear, with another provider's {@code KeyFactory}. */
final class ClearKey {

  private ClearKey() {}

  /**
   * Reads a part of a key, if the HSM gives the key in clear.
   *
   * @param key the key
   * @param algorithm of a {@code KeyFactory}
   * @param kind the interface that has the part
   * @param part reads it
   * @return the part, or null if the key stays in the HSM
   */
  static <K extends PrivateKey, T> T part(HsmKey key, String algorithm, Class<K> kind, Function<K, T> part) {
    byte[] encoded = key.getEncoded();
    if (encoded == null) {
      return null;
    }
    try {
      PrivateKey software = factory(algorithm).generatePrivate(new PKCS8EncodedKeySpec(encoded));
      return part.apply(kind.cast(software));
    } catch (GeneralSecurityException e) {
      throw new InternalException("The engine gave " + key + " in a form that this JDK cannot read.", e);
    } finally {
      Arrays.fill(encoded, (byte) 0);
    }
  }

  /** Our own factories import into the HSM. */
  private static KeyFactory factory(String algorithm) throws GeneralSecurityException {
    Provider[] offering = Security.getProviders("KeyFactory." + algorithm);
    for (Provider provider : offering == null ? new Provider[0] : offering) {
      if (!(provider instanceof OwnProvider)) {
        return KeyFactory.getInstance(algorithm, provider);
      }
    }
    throw new InternalException("No other provider of this JVM offers KeyFactory " + algorithm + ".", null);
  }
}
