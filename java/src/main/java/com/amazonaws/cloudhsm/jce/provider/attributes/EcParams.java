package com.amazonaws.cloudhsm.jce.provider.attributes;

/**
 * The curves of the HSM as values of {@link KeyAttribute#EC_PARAMS}: DER object identifiers (RFC 5480, section 2.1.1.1;
 * RFC 8410, section 3).
 */
public final class EcParams {

  /** P-224, also known as secp224r1. */
  public static final byte[] EC_CURVE_PRIME224 = {0x06, 0x05, 0x2B, (byte) 0x81, 0x04, 0x00, 0x21};

  /** P-256, also known as secp256r1 and prime256v1. */
  public static final byte[] EC_CURVE_PRIME256 = {
    0x06, 0x08, 0x2A, (byte) 0x86, 0x48, (byte) 0xCE, 0x3D, 0x03, 0x01, 0x07
  };

  /** P-384, also known as secp384r1. */
  public static final byte[] EC_CURVE_PRIME384 = {0x06, 0x05, 0x2B, (byte) 0x81, 0x04, 0x00, 0x22};

  /** P-521, also known as secp521r1. */
  public static final byte[] EC_CURVE_PRIME521 = {0x06, 0x05, 0x2B, (byte) 0x81, 0x04, 0x00, 0x23};

  /** Another name of {@link #EC_CURVE_PRIME224}. */
  public static final byte[] EC_CURVE_SECP224 = EC_CURVE_PRIME224;

  /** secp256k1, the curve of Bitcoin; not P-256. */
  public static final byte[] EC_CURVE_SECP256 = {0x06, 0x05, 0x2B, (byte) 0x81, 0x04, 0x00, 0x0A};

  /** Another name of {@link #EC_CURVE_PRIME384}. */
  public static final byte[] EC_CURVE_SECP384 = EC_CURVE_PRIME384;

  /** Another name of {@link #EC_CURVE_PRIME521}. */
  public static final byte[] EC_CURVE_SECP521 = EC_CURVE_PRIME521;

  /** Ed25519. */
  public static final byte[] EC_CURVE_ED25519 = {0x06, 0x03, 0x2B, 0x65, 0x70};

  private static final byte[][] ALL = {
    EC_CURVE_PRIME224, EC_CURVE_PRIME256, EC_CURVE_PRIME384, EC_CURVE_PRIME521, EC_CURVE_SECP256, EC_CURVE_ED25519
  };

  private EcParams() {}

  /** Tells whether an object is one of the arrays here, not merely equal to one. */
  static boolean isConstant(Object value) {
    for (byte[] constant : ALL) {
      if (constant == value) {
        return true;
      }
    }
    return false;
  }
}
