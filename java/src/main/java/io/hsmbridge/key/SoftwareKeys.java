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
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import javax.crypto.SecretKey;

/** Moves keys that Java holds in memory into the HSM. */
public final class SoftwareKeys {

  private static final Map<String, Long> TYPES = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);

  static {
    TYPES.put("RSA", Attributes.TYPE_RSA);
    TYPES.put("EC", Attributes.TYPE_EC);
    TYPES.put("ECDSA", Attributes.TYPE_EC);
    TYPES.put("EdDSA", Attributes.TYPE_EC_EDWARDS);
    TYPES.put("Ed25519", Attributes.TYPE_EC_EDWARDS);
    for (String name : MldsaSet.keyAlgorithms()) {
      TYPES.put(name, Attributes.TYPE_ML_DSA);
    }
    TYPES.put("AES", Attributes.TYPE_AES);
    TYPES.put("DESede", Attributes.TYPE_DES3);
    TYPES.put("TripleDES", Attributes.TYPE_DES3);
    TYPES.put("GenericSecret", Attributes.TYPE_GENERIC_SECRET);
  }

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
    return importKey(engine, key, label == null ? Map.of() : Map.of(Attributes.LABEL, label));
  }

  /**
   * Imports a key as a session key, with attributes.
   *
   * @param engine the session
   * @param key a public key with an X.509, a private key with a PKCS#8 or a secret key with a RAW encoding
   * @param attributes those of the new key; {@code KEY_TYPE} among them stands above what the key's algorithm says
   * @return the new key's handle
   * @throws InvalidKeyException if the HSM has no keys of this algorithm, or the key has no such encoding
   * @throws HsmException if the engine refuses
   */
  public static long importKey(Engine engine, Key key, Map<String, Object> attributes) throws InvalidKeyException {
    return importKey(engine::importKey, key, attributes);
  }

  /**
   * Imports a key as a session key for an operation that was given it; else as {@link #importKey(Engine, Key, Map)}.
   *
   * @param engine the session
   * @param key as for {@link #importKey(Engine, Key, Map)}
   * @param attributes those of the new key
   * @return the new key's handle
   * @throws InvalidKeyException as {@link #importKey(Engine, Key, Map)}
   * @throws HsmException if the engine refuses, also because implicit import is switched off
   */
  public static long importForUse(Engine engine, Key key, Map<String, Object> attributes) throws InvalidKeyException {
    return importKey(engine::importForUse, key, attributes);
  }

  private static long importKey(ToLongFunction<Map<String, Object>> door, Key key, Map<String, Object> attributes)
      throws InvalidKeyException {
    Map<String, Object> template = new HashMap<>(attributes);
    template.put(Attributes.TOKEN, false);
    if (!template.containsKey(Attributes.KEY_TYPE)) {
      template.put(Attributes.KEY_TYPE, type(key));
    }
    if (key instanceof PublicKey) {
      template.put(Attributes.CLASS, Attributes.CLASS_PUBLIC_KEY);
      template.put(Attributes.PUBLIC_KEY_INFO, publicInfo(key, template.get(Attributes.KEY_TYPE)));
      return door.applyAsLong(template);
    }
    if (key instanceof PrivateKey) {
      template.put(Attributes.CLASS, Attributes.CLASS_PRIVATE_KEY);
      return importSecret(door, template, Attributes.PRIVATE_KEY_INFO, encoding(key, "PKCS#8"));
    }
    if (key instanceof SecretKey) {
      template.put(Attributes.CLASS, Attributes.CLASS_SECRET_KEY);
      return importSecret(door, template, Attributes.VALUE, encoding(key, "RAW"));
    }
    throw new InvalidKeyException("A key must be public, private or secret, but this is " + describe(key) + ".");
  }

  private static long importSecret(
      ToLongFunction<Map<String, Object>> door, Map<String, Object> template, String name, byte[] value) {
    template.put(name, value);
    try {
      return door.applyAsLong(template);
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
    String name = key == null ? "" : String.valueOf(key.getAlgorithm());
    Long type = TYPES.get(name.toUpperCase(Locale.ROOT).startsWith("HMAC") ? "GenericSecret" : name);
    if (type == null) {
      throw new InvalidKeyException("The HSM cannot hold " + describe(key) + ".");
    }
    return type;
  }

  private static byte[] publicInfo(Key key, Object type) throws InvalidKeyException {
    byte[] info = encoding(key, "X.509");
    return Long.valueOf(Attributes.TYPE_ML_DSA).equals(type) ? MldsaEncoding.withoutNull(info) : info;
  }

  private static byte[] encoding(Key key, String format) throws InvalidKeyException {
    byte[] encoded = format.equalsIgnoreCase(key.getFormat()) ? key.getEncoded() : null;
    if (encoded == null) {
      throw new InvalidKeyException(describe(key) + " cannot be imported: it has no " + format + " encoding.");
    }
    return encoded;
  }
}
