package io.hsmbridge.key;

import io.hsmbridge.engine.Attributes;
import io.hsmbridge.engine.Engine;
import io.hsmbridge.engine.HsmException;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import javax.crypto.SecretKey;

/** Moves keys that Java holds in memory into the HSM. */
public final class SoftwareKeys {

  private static final Map<String, Long> TYPES =
      Map.of(
          "RSA", Attributes.TYPE_RSA,
          "EC", Attributes.TYPE_EC,
          "ECDSA", Attributes.TYPE_EC,
          "AES", Attributes.TYPE_AES,
          "DESEDE", Attributes.TYPE_DES3,
          "GENERICSECRET", Attributes.TYPE_GENERIC_SECRET);

  private SoftwareKeys() {}

  /**
   * Imports a key as a session key.
   *
   * @param engine the session
   * @param key a public key with an X.509, a private key with a PKCS#8 or a secret key with a RAW encoding
   * @param label its label, or null for none
   * @return the new key's handle
   * @throws InvalidKeyException if the HSM has no keys of this algorithm, or the key has no such encoding
   * @throws HsmException if the engine refuses
   */
  public static long importKey(Engine engine, Key key, String label) throws InvalidKeyException {
    Map<String, Object> template = new HashMap<>();
    template.put(Attributes.KEY_TYPE, type(key));
    template.put(Attributes.TOKEN, false);
    if (label != null) {
      template.put(Attributes.LABEL, label);
    }
    if (key instanceof PublicKey) {
      template.put(Attributes.CLASS, Attributes.CLASS_PUBLIC_KEY);
      template.put(Attributes.PUBLIC_KEY_INFO, encoding(key, "X.509"));
      return engine.importKey(template);
    }
    if (key instanceof PrivateKey) {
      template.put(Attributes.CLASS, Attributes.CLASS_PRIVATE_KEY);
      return importSecret(engine, template, Attributes.PRIVATE_KEY_INFO, encoding(key, "PKCS#8"));
    }
    if (key instanceof SecretKey) {
      template.put(Attributes.CLASS, Attributes.CLASS_SECRET_KEY);
      return importSecret(engine, template, Attributes.VALUE, encoding(key, "RAW"));
    }
    throw new InvalidKeyException("A key must be public, private or secret, but this is " + describe(key) + ".");
  }

  private static long importSecret(Engine engine, Map<String, Object> template, String name, byte[] value) {
    template.put(name, value);
    try {
      return engine.importKey(template);
    } finally {
      Arrays.fill(value, (byte) 0);
    }
  }

  /**
   * Describes a key without its value.
   *
   * @param key any key, may be null
   * @return algorithm and class
   */
  public static String describe(Key key) {
    return key == null ? "null" : "a key for " + key.getAlgorithm() + " (" + key.getClass().getName() + ")";
  }

  private static long type(Key key) throws InvalidKeyException {
    String name = String.valueOf(key.getAlgorithm()).toUpperCase(Locale.ROOT);
    Long type = TYPES.get(name.startsWith("HMAC") ? "GENERICSECRET" : name);
    if (type == null) {
      throw new InvalidKeyException("The HSM cannot hold " + describe(key) + ".");
    }
    return type;
  }

  private static byte[] encoding(Key key, String format) throws InvalidKeyException {
    byte[] encoded = format.equalsIgnoreCase(key.getFormat()) ? key.getEncoded() : null;
    if (encoded == null) {
      throw new InvalidKeyException(describe(key) + " cannot be imported: it has no " + format + " encoding.");
    }
    return encoded;
  }
}
