package io.hsmbridge.spi;

import com.amazonaws.cloudhsm.jce.jni.exception.AttributeException;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttribute;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import io.hsmbridge.engine.Attributes;
import io.hsmbridge.key.MldsaSet;
import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.KeySpec;
import java.util.List;

/**
 * How the asymmetric keys of one algorithm are put together from their parts, so that the engine gets the one encoding
 * it knows: PKCS#8 or SubjectPublicKeyInfo. The JDK's software factory writes the encodings.
 */
class KeyParts {

  private static final KeyParts EDWARDS =
      new KeyParts("Ed25519", Attributes.TYPE_EC_EDWARDS, List.of("Ed25519", "EdDSA"));
  private static final KeyParts MLDSA =
      new KeyParts("ML-DSA", Attributes.TYPE_ML_DSA, List.of(MldsaSet.keyAlgorithms()));

  private final String algorithm;
  private final long keyType;
  private final List<String> keyAlgorithms;

  /**
   * Describes an algorithm.
   *
   * @param algorithm the name of the JDK's factory
   * @param keyType the engine's number
   * @param keyAlgorithms what keys may say of themselves
   */
  KeyParts(String algorithm, long keyType, List<String> keyAlgorithms) {
    this.algorithm = algorithm;
    this.keyType = keyType;
    this.keyAlgorithms = keyAlgorithms;
  }

  static KeyParts edwards() {
    return EDWARDS;
  }

  static KeyParts mldsa() {
    return MLDSA;
  }

  final String algorithm() {
    return algorithm;
  }

  final long keyType() {
    return keyType;
  }

  final boolean isOf(String keyAlgorithm) {
    return keyAlgorithms.stream().anyMatch(name -> name.equalsIgnoreCase(keyAlgorithm));
  }

  /** Returns who reads the parts in a map: this, unless the map says that the key is of another type. */
  KeyParts reading(KeyAttributesMap map) {
    return this;
  }

  /** Returns the public key in a map as SubjectPublicKeyInfo. */
  byte[] publicKey(KeyAttributesMap map) throws InvalidKeySpecException {
    return bytes(map, map.get(KeyAttribute.EC_POINT) == null ? KeyAttribute.VALUE : KeyAttribute.EC_POINT);
  }

  /** Returns the private key in a map as PKCS#8. */
  byte[] privateKey(KeyAttributesMap map) throws InvalidKeySpecException {
    return bytes(map, KeyAttribute.VALUE);
  }

  /** Returns a public key in parts that the JDK defines as SubjectPublicKeyInfo. */
  byte[] publicKey(KeySpec spec) throws InvalidKeySpecException {
    try {
      return software().generatePublic(spec).getEncoded();
    } catch (RuntimeException e) {
      throw unfit(e);
    }
  }

  /** Returns a private key in parts that the JDK defines as PKCS#8. */
  byte[] privateKey(KeySpec spec) throws InvalidKeySpecException {
    try {
      return software().generatePrivate(spec).getEncoded();
    } catch (RuntimeException e) {
      throw unfit(e);
    }
  }

  /** The JDK refuses some numbers, such as a coordinate that does not fit the curve, with an unchecked exception. */
  private InvalidKeySpecException unfit(RuntimeException e) {
    return new InvalidKeySpecException("These parts make no key for " + algorithm + ": " + e.getMessage() + ".", e);
  }

  /** Returns the JDK's factory. */
  final KeyFactory software() throws InvalidKeySpecException {
    try {
      return Software.keyFactory(algorithm);
    } catch (NoSuchAlgorithmException e) {
      throw new InvalidKeySpecException(e.getMessage() + " Give the key encoded, as X.509 or PKCS#8.", e);
    }
  }

  static byte[] bytes(KeyAttributesMap map, KeyAttribute part) throws InvalidKeySpecException {
    Object value = part(map, part);
    if (!(value instanceof byte[])) {
      throw new InvalidKeySpecException(part + " of this key is a byte[], not " + value.getClass().getName() + ".");
    }
    return (byte[]) value;
  }

  static Object part(KeyAttributesMap map, KeyAttribute part) throws InvalidKeySpecException {
    Object value = map.get(part);
    if (value == null) {
      AttributeException cause =
          new AttributeException(
              "Attributes being specified are incomplete: Incomplete template. The key lacks " + part + ".", null);
      throw new InvalidKeySpecException(cause.getMessage(), cause);
    }
    return value;
  }
}
