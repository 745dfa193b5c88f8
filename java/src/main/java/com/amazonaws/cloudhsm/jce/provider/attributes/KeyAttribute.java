package com.amazonaws.cloudhsm.jce.provider.attributes;

import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.util.List;
import java.util.stream.Collectors;

/** What can be said about a key, with the Java types of its value. */
public enum KeyAttribute {
  /** String: what people call the key; a keystore's alias. */
  LABEL(String.class),
  /** byte[], or String for its UTF-8 bytes: what programs call the key. */
  ID(byte[].class, String.class),
  /** Integer or Long: the length of a secret key in bits. */
  SIZE(Integer.class, Long.class),
  /** {@link KeyType}: for import and search. */
  KEY_TYPE(KeyType.class),
  /** {@link ObjectClassType}: for search. */
  OBJECT_CLASS(ObjectClassType.class),
  /** Boolean: whether the key outlives its session; false by default. */
  TOKEN(Boolean.class),
  /** Boolean: whether only its owner and those it is shared with see the key; true by default. */
  PRIVATE(Boolean.class),
  /** Boolean: whether the key may be wrapped; true by default. */
  EXTRACTABLE(Boolean.class),
  /** Boolean: whether the key may encrypt data. */
  ENCRYPT(Boolean.class),
  /** Boolean: whether the key may decrypt data. */
  DECRYPT(Boolean.class),
  /** Boolean: whether the key may sign or authenticate data. */
  SIGN(Boolean.class),
  /** Boolean: whether the key may verify signatures or codes. */
  VERIFY(Boolean.class),
  /** Boolean: whether the key may wrap other keys. */
  WRAP(Boolean.class),
  /** Boolean: whether the key may unwrap other keys. */
  UNWRAP(Boolean.class),
  /** Boolean: whether other keys may be derived from the key; false by default. */
  DERIVE(Boolean.class),
  /** Boolean: whether only a trusted key may wrap the key; false by default, and true for good. */
  WRAP_WITH_TRUSTED(Boolean.class),
  /** Boolean: whether the key was generated in the HSM; for search only. */
  LOCAL(Boolean.class),
  /** byte[]: a secret key's bytes, an EC private key's scalar or an Ed25519 private key's PKCS#8; for import only. */
  VALUE(true, byte[].class),
  /** byte[], big-endian: of an RSA key; for import and search. */
  MODULUS(byte[].class),
  /** Integer or Long: the length of an RSA modulus in bits. */
  MODULUS_BITS(Integer.class, Long.class),
  /** byte[], big-endian: of an RSA key. */
  PUBLIC_EXPONENT(byte[].class),
  /** byte[], big-endian: of an RSA private key; for import only, as the five that follow. */
  PRIVATE_EXPONENT(true, byte[].class),
  /** byte[], big-endian: the first prime. */
  PRIME_P(true, byte[].class),
  /** byte[], big-endian: the second prime. */
  PRIME_Q(true, byte[].class),
  /** byte[], big-endian: the private exponent modulo (p - 1). */
  PRIME_EXPONENT_P(true, byte[].class),
  /** byte[], big-endian: the private exponent modulo (q - 1). */
  PRIME_EXPONENT_Q(true, byte[].class),
  /** byte[], big-endian: the inverse of q modulo p. */
  CRT_COEFFICIENT(true, byte[].class),
  /** byte[] as in {@link EcParams}, or an {@link ECParameterSpec}: the curve of an EC key. */
  EC_PARAMS(byte[].class, ECParameterSpec.class),
  /** {@link ECPoint}, or byte[] with the SubjectPublicKeyInfo of an Ed25519 key; for import and search. */
  EC_POINT(ECPoint.class, byte[].class),
  /** {@link com.amazonaws.cloudhsm.jce.jni.MldsaAlgorithm} or {@link MldsaAlgorithm}: the set of an ML-DSA key. */
  MLDSA_ALGORITHM(com.amazonaws.cloudhsm.jce.jni.MldsaAlgorithm.class, MldsaAlgorithm.class);

  private final boolean secret;
  private final List<Class<?>> types;

  KeyAttribute(Class<?>... types) {
    this(false, types);
  }

  KeyAttribute(boolean secret, Class<?>... types) {
    this.secret = secret;
    this.types = List.of(types);
  }

  /** Tells whether values are part of a private or secret key. */
  boolean isSecret() {
    return secret;
  }

  boolean takes(Object value) {
    return types.stream().anyMatch(type -> type.isInstance(value));
  }

  String typeNames() {
    return types.stream().map(Class::getSimpleName).distinct().collect(Collectors.joining(" or "));
  }
}
