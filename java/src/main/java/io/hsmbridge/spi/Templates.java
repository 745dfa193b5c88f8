package io.hsmbridge.spi;

import com.amazonaws.cloudhsm.jce.jni.MldsaAlgorithm;
import com.amazonaws.cloudhsm.jce.jni.exception.AddAttributeException;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttribute;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyType;
import com.amazonaws.cloudhsm.jce.provider.attributes.ObjectClassType;
import io.hsmbridge.engine.Attributes;
import io.hsmbridge.key.Curve;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.InvalidAlgorithmParameterException;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.InvalidKeySpecException;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Turns the attribute maps of the public API into templates for the engine; what is allowed is the engine's to say. */
final class Templates {

  private static final Map<KeyType, Long> TYPES =
      Map.of(
          KeyType.AES, Attributes.TYPE_AES,
          KeyType.DESEDE, Attributes.TYPE_DES3,
          KeyType.EC, Attributes.TYPE_EC,
          KeyType.EC_EDWARDS, Attributes.TYPE_EC_EDWARDS,
          KeyType.GENERIC_SECRET, Attributes.TYPE_GENERIC_SECRET,
          KeyType.RSA, Attributes.TYPE_RSA,
          KeyType.MLDSA, Attributes.TYPE_ML_DSA);

  private static final Map<ObjectClassType, Long> CLASSES =
      Map.of(
          ObjectClassType.PUBLIC_KEY, Attributes.CLASS_PUBLIC_KEY,
          ObjectClassType.PRIVATE_KEY, Attributes.CLASS_PRIVATE_KEY,
          ObjectClassType.SECRET_KEY, Attributes.CLASS_SECRET_KEY);

  /** By the constants' names, which both enums share. */
  private static final Map<String, Long> PARAMETER_SETS =
      Map.of(
          MldsaAlgorithm.MlDsa44.name(), Attributes.PARAMETER_SET_ML_DSA_44,
          MldsaAlgorithm.MlDsa65.name(), Attributes.PARAMETER_SET_ML_DSA_65,
          MldsaAlgorithm.MlDsa87.name(), Attributes.PARAMETER_SET_ML_DSA_87);

  /** Parts of a private or secret key. */
  private static final Set<KeyAttribute> SECRET =
      EnumSet.of(
          KeyAttribute.VALUE,
          KeyAttribute.PRIVATE_EXPONENT,
          KeyAttribute.PRIME_P,
          KeyAttribute.PRIME_Q,
          KeyAttribute.PRIME_EXPONENT_P,
          KeyAttribute.PRIME_EXPONENT_Q,
          KeyAttribute.CRT_COEFFICIENT);

  /** What the engine computes when it generates a key. */
  private static final Set<KeyAttribute> COMPONENTS = EnumSet.copyOf(SECRET);

  /** What makes a key that is imported; the factories read it from the map. */
  private static final Set<KeyAttribute> IMPORTED;

  static {
    COMPONENTS.add(KeyAttribute.MODULUS);
    COMPONENTS.add(KeyAttribute.EC_POINT);
    IMPORTED = EnumSet.copyOf(COMPONENTS);
    IMPORTED.add(KeyAttribute.MODULUS_BITS);
    IMPORTED.add(KeyAttribute.PUBLIC_EXPONENT);
    IMPORTED.add(KeyAttribute.EC_PARAMS);
    IMPORTED.add(KeyAttribute.MLDSA_ALGORITHM);
  }

  private Templates() {}

  /**
   * Makes a template for a key to unwrap or derive; components of keys are left out.
   *
   * @param map the caller's attributes; null for none
   * @return a new template, which may be changed
   * @throws InvalidAlgorithmParameterException if a size is no positive multiple of 8 bits, or the HSM does not have
   *     the curve; names the attribute
   */
  static Map<String, Object> of(KeyAttributesMap map) throws InvalidAlgorithmParameterException {
    return without(COMPONENTS, map);
  }

  /**
   * Makes a template for a key to generate.
   *
   * @param map the caller's attributes; null for none
   * @return a new template, which may be changed
   * @throws InvalidAlgorithmParameterException as {@link #of}; also if the map has a component of a key, such as {@code
   *     EC_POINT} or {@code VALUE}, and then its cause is an {@link AddAttributeException}
   */
  static Map<String, Object> forGeneration(KeyAttributesMap map) throws InvalidAlgorithmParameterException {
    for (KeyAttribute component : COMPONENTS) {
      if (map != null && map.get(component) != null) {
        AddAttributeException cause =
            new AddAttributeException(
                "Unsupported Attribute: " + component + " is computed when a key is generated; leave it out.");
        throw new InvalidAlgorithmParameterException(cause.getMessage(), cause);
      }
    }
    return of(map);
  }

  /**
   * Makes a template for a key to import, without its components, which the caller adds.
   *
   * @param map the caller's attributes; null for none
   * @param keyClass the key's {@code CLASS}
   * @param keyType the key's {@code KEY_TYPE}
   * @return a new template, which may be changed: labels, flags, class, type and {@code VALUE_LEN}
   * @throws InvalidKeySpecException if a size is no positive multiple of 8 bits, or the map has another class or type;
   *     names the attribute
   */
  static Map<String, Object> forImport(KeyAttributesMap map, long keyClass, long keyType)
      throws InvalidKeySpecException {
    try {
      Map<String, Object> template = without(IMPORTED, map);
      if (keyType == Attributes.TYPE_EC_EDWARDS) {
        takeEcAsEdwards(template);
      }
      putSame(template, Attributes.CLASS, keyClass);
      putSame(template, Attributes.KEY_TYPE, keyType);
      return template;
    } catch (InvalidAlgorithmParameterException e) {
      throw new InvalidKeySpecException(e.getMessage(), e);
    }
  }

  /**
   * Puts a fact into a template.
   *
   * @throws InvalidAlgorithmParameterException if the caller's attributes say something else
   */
  static void putSame(Map<String, Object> template, String name, long value)
      throws InvalidAlgorithmParameterException {
    Object given = template.put(name, value);
    if (given != null && !given.equals(value)) {
      throw new InvalidAlgorithmParameterException(
          (name.equals(Attributes.CLASS) ? KeyAttribute.OBJECT_CLASS : name)
              + " in the attributes is not that of the key; leave it out.");
    }
  }

  /** Callers may say {@code KeyType.EC} of an Ed25519 key; the engine has a type of its own for it. */
  static void takeEcAsEdwards(Map<String, Object> template) {
    template.replace(Attributes.KEY_TYPE, Attributes.TYPE_EC, Attributes.TYPE_EC_EDWARDS);
  }

  /**
   * Makes the conditions of a search; {@code MODULUS} and {@code EC_POINT} may be among them.
   *
   * @param map the caller's conditions; null for none
   * @return a new template, which may be changed
   * @throws InvalidKeySpecException if the map has a part of a private or secret key, a size that no key has, or a
   *     curve or point that the HSM does not have; names the attribute
   */
  static Map<String, Object> forSearch(KeyAttributesMap map) throws InvalidKeySpecException {
    for (KeyAttribute secret : SECRET) {
      if (map != null && map.get(secret) != null) {
        throw new InvalidKeySpecException(
            "Keys cannot be searched by " + secret + ", which the HSM keeps to itself. Search by what is public, such"
                + " as LABEL, KEY_TYPE or MODULUS.");
      }
    }
    try {
      Map<String, Object> template = of(map);
      if (map != null && map.get(KeyAttribute.MODULUS) != null) {
        template.put(Attributes.MODULUS, unsigned((byte[]) map.get(KeyAttribute.MODULUS)));
      }
      if (map != null && map.get(KeyAttribute.EC_POINT) != null) {
        addPoint(template, map);
      }
      return template;
    } catch (InvalidAlgorithmParameterException e) {
      throw new InvalidKeySpecException(e.getMessage(), e);
    }
  }

  private static Map<String, Object> without(Set<KeyAttribute> left, KeyAttributesMap map)
      throws InvalidAlgorithmParameterException {
    Map<String, Object> template = new HashMap<>();
    for (KeyAttribute attribute : KeyAttribute.values()) {
      Object value = map == null || left.contains(attribute) ? null : map.get(attribute);
      if (value != null) {
        template.put(name(attribute), value(attribute, value));
      }
    }
    return template;
  }

  /** The engine's names are those of PKCS#11; most are those of the public API. */
  private static String name(KeyAttribute attribute) {
    switch (attribute) {
      case SIZE:
        return Attributes.VALUE_LEN;
      case OBJECT_CLASS:
        return Attributes.CLASS;
      case MLDSA_ALGORITHM:
        return Attributes.PARAMETER_SET;
      default:
        return attribute.name();
    }
  }

  private static Object value(KeyAttribute attribute, Object value) throws InvalidAlgorithmParameterException {
    switch (attribute) {
      case SIZE:
        return bytesOfBits(((Number) value).longValue());
      case MODULUS_BITS:
        return positive(attribute, ((Number) value).longValue());
      case KEY_TYPE:
        return TYPES.get(value);
      case OBJECT_CLASS:
        return CLASSES.get(value);
      case MLDSA_ALGORITHM:
        return PARAMETER_SETS.get(((Enum<?>) value).name());
      case ID:
        return value instanceof String ? ((String) value).getBytes(StandardCharsets.UTF_8) : value;
      case PUBLIC_EXPONENT:
        return unsigned((byte[]) value);
      case EC_PARAMS:
        return value instanceof ECParameterSpec ? curve((ECParameterSpec) value).der() : value;
      default:
        return value;
    }
  }

  private static long bytesOfBits(long bits) throws InvalidAlgorithmParameterException {
    if (bits % Byte.SIZE != 0) {
      throw new InvalidAlgorithmParameterException("SIZE is a number of bits and a multiple of 8, not " + bits + ".");
    }
    return positive(KeyAttribute.SIZE, bits) / Byte.SIZE;
  }

  private static long positive(KeyAttribute attribute, long bits) throws InvalidAlgorithmParameterException {
    if (bits <= 0) {
      throw new InvalidAlgorithmParameterException(attribute + " is a positive number of bits, not " + bits + ".");
    }
    return bits;
  }

  private static Curve curve(ECParameterSpec parameters) throws InvalidAlgorithmParameterException {
    return Curve.ofParameters(parameters)
        .orElseThrow(
            () ->
                new InvalidAlgorithmParameterException(
                    "EC_PARAMS: the HSM has no curve with these parameters. It has " + Curve.names() + "."));
  }

  private static void addPoint(Map<String, Object> template, KeyAttributesMap map)
      throws InvalidKeySpecException {
    Object point = map.get(KeyAttribute.EC_POINT);
    if (point instanceof byte[]) {
      template.put(Attributes.PUBLIC_KEY_INFO, point);
      return;
    }
    Object parameters = template.get(Attributes.EC_PARAMS);
    if (parameters == null) {
      throw new InvalidKeySpecException("A search by EC_POINT needs EC_PARAMS too.");
    }
    Curve curve =
        Curve.ofEncoding((byte[]) parameters)
            .orElseThrow(
                () -> new InvalidKeySpecException("EC_PARAMS: the HSM has no such curve. It has " + Curve.names() + "."));
    template.put(Attributes.EC_POINT, curve.octetString((ECPoint) point));
  }

  /** Removes leading zeros, such as {@code BigInteger.toByteArray} puts there. */
  private static byte[] unsigned(byte[] value) {
    byte[] signed = new BigInteger(1, value).toByteArray();
    return signed.length > 1 && signed[0] == 0 ? Arrays.copyOfRange(signed, 1, signed.length) : signed;
  }
}
