package io.hsmbridge.engine;

/** The PKCS#11 mechanism numbers ({@code CKM_}) that the provider asks for, and those of hash and KDF parameters. */
public final class Mechanisms {

  public static final long RSA_PKCS_KEY_PAIR_GEN = 0x0000;
  public static final long RSA_PKCS = 0x0001;
  public static final long RSA_X_509 = 0x0003;
  public static final long RSA_PKCS_OAEP = 0x0009;
  public static final long RSA_PKCS_PSS = 0x000D;
  public static final long ML_DSA_KEY_PAIR_GEN = 0x001C;
  public static final long ML_DSA = 0x001D;
  public static final long DES3_KEY_GEN = 0x0131;
  public static final long DES3_ECB = 0x0132;
  public static final long DES3_CBC = 0x0133;
  public static final long DES3_CBC_PAD = 0x0136;
  public static final long SHA_1 = 0x0220;
  public static final long SHA_1_HMAC = 0x0221;
  public static final long SHA256 = 0x0250;
  public static final long SHA256_HMAC = 0x0251;
  public static final long SHA224 = 0x0255;
  public static final long SHA224_HMAC = 0x0256;
  public static final long SHA384 = 0x0260;
  public static final long SHA384_HMAC = 0x0261;
  public static final long SHA512 = 0x0270;
  public static final long SHA512_HMAC = 0x0271;
  public static final long GENERIC_SECRET_KEY_GEN = 0x0350;
  public static final long SP800_108_COUNTER_KDF = 0x03AC;
  public static final long EC_KEY_PAIR_GEN = 0x1040;
  public static final long ECDSA = 0x1041;
  public static final long ECDH1_DERIVE = 0x1050;
  public static final long RSA_AES_KEY_WRAP = 0x1054;
  public static final long EC_EDWARDS_KEY_PAIR_GEN = 0x1055;
  public static final long EDDSA = 0x1057;
  public static final long AES_KEY_GEN = 0x1080;
  public static final long AES_ECB = 0x1081;
  public static final long AES_CBC = 0x1082;
  public static final long AES_CBC_PAD = 0x1085;
  public static final long AES_CTR = 0x1086;
  public static final long AES_GCM = 0x1087;
  public static final long AES_CMAC = 0x108A;
  public static final long HKDF_DERIVE = 0x402A;

  /** Vendor-defined: the numbers of CloudHSM's PKCS#11 library. */
  public static final long CLOUDHSM_SP800_108_COUNTER_KDF = 0x8000_0001L;

  public static final long CLOUDHSM_AES_GCM = 0x8000_1087L;

  public static final long CLOUDHSM_AES_KEY_WRAP_NO_PAD = 0x8000_2109L;
  public static final long CLOUDHSM_AES_KEY_WRAP_PKCS5_PAD = 0x8000_210AL;
  public static final long CLOUDHSM_AES_KEY_WRAP_ZERO_PAD = 0x8000_216FL;

  /** Vendor-defined: what JCA has and PKCS#11 does not. */
  public static final long AES_ECB_PAD = 0x8000_1081L;

  public static final long DES3_ECB_PAD = 0x8000_0132L;
  public static final long ML_DSA_EXTERNAL_MU = 0x8000_001DL;

  /** Key derivation functions ({@code CKD_}) of {@code ECDH1_DERIVE}. */
  public static final long KDF_NULL = 1;

  public static final long KDF_SHA1 = 2;
  public static final long KDF_SHA224 = 5;
  public static final long KDF_SHA256 = 6;
  public static final long KDF_SHA384 = 7;
  public static final long KDF_SHA512 = 8;

  private Mechanisms() {}
}
