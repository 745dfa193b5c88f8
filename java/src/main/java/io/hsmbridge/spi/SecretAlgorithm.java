package io.hsmbridge.spi;

import io.hsmbridge.engine.Attributes;
import io.hsmbridge.engine.Mechanisms;
import java.security.InvalidAlgorithmParameterException;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/** The algorithms of secret keys: their names, what the engine calls them, and how long a key is. */
enum SecretAlgorithm {
  AES("AES", Attributes.TYPE_AES, Mechanisms.AES_KEY_GEN, 0, 256),
  DESEDE("DESede", Attributes.TYPE_DES3, Mechanisms.DES3_KEY_GEN, 192, 192, "TripleDES"),
  GENERIC_SECRET("GenericSecret", 0, 256, "Generic"),
  HMAC_SHA1("HmacSHA1", 160, 160),
  HMAC_SHA224("HmacSHA224", 224, 224),
  HMAC_SHA256("HmacSHA256", 256, 256),
  HMAC_SHA384("HmacSHA384", 384, 384),
  HMAC_SHA512("HmacSHA512", 512, 512);

  /** Triple DES without its parity bits. */
  private static final int DESEDE_EFFECTIVE_BITS = 168;

  private final String standardName;
  private final long keyType;
  private final long generation;
  private final int naturalBits;
  private final int defaultBits;
  private final String[] aliases;

  SecretAlgorithm(String standardName, int naturalBits, int defaultBits, String... aliases) {
    this(standardName, Attributes.TYPE_GENERIC_SECRET, Mechanisms.GENERIC_SECRET_KEY_GEN, naturalBits, defaultBits,
        aliases);
  }

  SecretAlgorithm(
      String standardName, long keyType, long generation, int naturalBits, int defaultBits, String... aliases) {
    this.standardName = standardName;
    this.keyType = keyType;
    this.generation = generation;
    this.naturalBits = naturalBits;
    this.defaultBits = defaultBits;
    this.aliases = aliases;
  }

  /** Finds an algorithm by the name that a key or factory has, any case. */
  static Optional<SecretAlgorithm> ofName(String name) {
    return Arrays.stream(values())
        .filter(one -> one.standardName.equalsIgnoreCase(name)
            || Arrays.stream(one.aliases).anyMatch(alias -> alias.equalsIgnoreCase(name)))
        .findFirst();
  }

  String standardName() {
    return standardName;
  }

  /** The engine's key type. */
  long keyType() {
    return keyType;
  }

  /** The mechanism that generates such keys. */
  long generation() {
    return generation;
  }

  /** Length of a generated key if nobody says it. */
  int defaultBits() {
    return defaultBits;
  }

  /** Returns the length in bits that a key has if that many are asked for: three DES keys always are 192 bits. */
  long bits(long asked) {
    return this == DESEDE && asked == DESEDE_EFFECTIVE_BITS ? naturalBits : asked;
  }

  /**
   * Adds the key type to a template and, where the algorithm has a natural one, the length.
   *
   * @throws InvalidAlgorithmParameterException if the template names another type, or lacks a length that it needs
   */
  void complete(Map<String, Object> template) throws InvalidAlgorithmParameterException {
    Templates.putSame(template, Attributes.KEY_TYPE, keyType);
    Object bytes = template.get(Attributes.VALUE_LEN);
    if (bytes == null && naturalBits == 0) {
      throw new InvalidAlgorithmParameterException(
          "The attributes of a new " + standardName + " key lack SIZE, its length in bits.");
    }
    long bits = bytes == null ? naturalBits : bits((Long) bytes * Byte.SIZE);
    template.put(Attributes.VALUE_LEN, bits / Byte.SIZE);
  }
}
