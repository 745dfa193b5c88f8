package io.hsmbridge.spi;

import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import io.hsmbridge.connection.Connection;
import io.hsmbridge.engine.Attributes;
import io.hsmbridge.key.Keys;
import io.hsmbridge.key.MldsaSet;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.crypto.Cipher;

/** What a key that is unwrapped shall be: its algorithm and class, and the attributes that the caller set at init. */
final class UnwrappedKey {

  private static final Map<String, Long> PRIVATE = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);

  static {
    PRIVATE.put("RSA", Attributes.TYPE_RSA);
    PRIVATE.put("EC", Attributes.TYPE_EC);
    PRIVATE.put("Ed25519", Attributes.TYPE_EC_EDWARDS);
    PRIVATE.put("EdDSA", Attributes.TYPE_EC_EDWARDS);
    for (String name : MldsaSet.keyAlgorithms()) {
      PRIVATE.put(name, Attributes.TYPE_ML_DSA);
    }
  }

  private final Map<String, Object> attributes;

  /**
   * Copies the caller's attributes.
   *
   * @param attributes null for none
   * @throws InvalidAlgorithmParameterException as {@link Templates#of}
   */
  UnwrappedKey(KeyAttributesMap attributes) throws InvalidAlgorithmParameterException {
    this.attributes = Templates.of(attributes);
  }

  /**
   * Makes the template for the engine.
   *
   * @param algorithm the key's algorithm, in any case
   * @param kind {@link Cipher#SECRET_KEY} or {@link Cipher#PRIVATE_KEY}
   * @throws NoSuchAlgorithmException if the HSM has no such keys
   * @throws InvalidKeyException for a public key, and if the attributes name another class or type of key
   */
  Map<String, Object> template(String algorithm, int kind) throws NoSuchAlgorithmException, InvalidKeyException {
    if (kind == Cipher.PUBLIC_KEY) {
      throw new InvalidKeyException(
          "The HSM unwraps secret and private keys. A public key needs no wrapping: import it with a KeyFactory.");
    }
    boolean secret = kind == Cipher.SECRET_KEY;
    Optional<Long> type =
        secret
            ? SecretAlgorithm.ofName(algorithm).map(SecretAlgorithm::keyType)
            : Optional.ofNullable(algorithm).map(PRIVATE::get);
    if (type.isEmpty()) {
      throw new NoSuchAlgorithmException(
          "The HSM has no " + (secret ? "secret" : "private") + " keys for " + algorithm + ". It unwraps "
              + Arrays.stream(SecretAlgorithm.values()).map(SecretAlgorithm::standardName)
                  .collect(Collectors.joining(", "))
              + " as secret, and " + String.join(", ", PRIVATE.keySet()) + " as private keys.");
    }
    Map<String, Object> template = new HashMap<>(attributes);
    try {
      Templates.putSame(
          template, Attributes.CLASS, secret ? Attributes.CLASS_SECRET_KEY : Attributes.CLASS_PRIVATE_KEY);
      Templates.putSame(template, Attributes.KEY_TYPE, type.get());
    } catch (InvalidAlgorithmParameterException e) {
      throw new InvalidKeyException(e.getMessage(), e);
    }
    return template;
  }

  /** Wraps the new key's handle; a secret key has the name that it was asked for. */
  static Key of(Connection connection, long handle, String algorithm) {
    Optional<SecretAlgorithm> secret = SecretAlgorithm.ofName(algorithm);
    return secret.isPresent()
        ? Keys.ofSecret(connection, handle, secret.get().standardName())
        : Keys.of(connection, handle);
  }
}
