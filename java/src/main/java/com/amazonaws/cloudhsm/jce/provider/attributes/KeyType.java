package com.amazonaws.cloudhsm.jce.provider.attributes;

/** The kinds of key that the HSM holds; a value of {@link KeyAttribute#KEY_TYPE}. */
public enum KeyType {
  /** AES, 128 to 256 bits. */
  AES,
  /** Triple DES with three keys. */
  DESEDE,
  /** Elliptic curves of NIST and SEC 2. */
  EC,
  /** Ed25519. */
  EC_EDWARDS,
  /** Any bytes; also the keys of all HMACs. */
  GENERIC_SECRET,
  /** RSA. */
  RSA,
  /** ML-DSA (FIPS 204). */
  MLDSA
}
