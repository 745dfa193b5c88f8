package io.hsmbridge.engine;

/** Names of PKCS#11 attributes as they cross the border, and the numbers of object classes and key types. */
public final class Attributes {

  /** Long, one of the {@code CLASS_} numbers. */
  public static final String CLASS = "CLASS";

  /** Long, one of the {@code TYPE_} numbers. */
  public static final String KEY_TYPE = "KEY_TYPE";

  public static final String TOKEN = "TOKEN";
  public static final String PRIVATE = "PRIVATE";
  public static final String LABEL = "LABEL";
  public static final String ID = "ID";
  public static final String EXTRACTABLE = "EXTRACTABLE";
  public static final String WRAP_WITH_TRUSTED = "WRAP_WITH_TRUSTED";
  public static final String ENCRYPT = "ENCRYPT";
  public static final String DECRYPT = "DECRYPT";
  public static final String SIGN = "SIGN";
  public static final String VERIFY = "VERIFY";
  public static final String WRAP = "WRAP";
  public static final String UNWRAP = "UNWRAP";
  public static final String DERIVE = "DERIVE";
  public static final String LOCAL = "LOCAL";
  public static final String MODULUS = "MODULUS";

  /** Long, bits. */
  public static final String MODULUS_BITS = "MODULUS_BITS";

  public static final String PUBLIC_EXPONENT = "PUBLIC_EXPONENT";

  /** byte[], a DER object identifier that names a curve; of Edwards curves too. */
  public static final String EC_PARAMS = "EC_PARAMS";

  /** byte[], a DER OCTET STRING that holds the uncompressed point, or the 32 bytes of an Edwards one. */
  public static final String EC_POINT = "EC_POINT";

  /** byte[], a secret key's bytes; only ever sent, never read. */
  public static final String VALUE = "VALUE";

  /** Long, bytes of a secret key. */
  public static final String VALUE_LEN = "VALUE_LEN";

  /** Long, one of the {@code PARAMETER_SET_} numbers of ML-DSA. */
  public static final String PARAMETER_SET = "PARAMETER_SET";

  /** byte[], SubjectPublicKeyInfo DER; readable on public and private keys. */
  public static final String PUBLIC_KEY_INFO = "PUBLIC_KEY_INFO";

  /** byte[], PKCS#8 DER; only ever sent, never read. */
  public static final String PRIVATE_KEY_INFO = "PRIVATE_KEY_INFO";

  /** Long, milliseconds since 1970 when the key came to be; readable only. */
  public static final String CREATED = "CREATED";

  public static final long CLASS_PUBLIC_KEY = 2;
  public static final long CLASS_PRIVATE_KEY = 3;
  public static final long CLASS_SECRET_KEY = 4;

  public static final long TYPE_RSA = 0x00;
  public static final long TYPE_EC = 0x03;
  public static final long TYPE_GENERIC_SECRET = 0x10;
  public static final long TYPE_DES3 = 0x15;
  public static final long TYPE_AES = 0x1F;

  public static final long TYPE_EC_EDWARDS = 0x40;
  public static final long TYPE_ML_DSA = 0x4A;

  public static final long PARAMETER_SET_ML_DSA_44 = 1;
  public static final long PARAMETER_SET_ML_DSA_65 = 2;
  public static final long PARAMETER_SET_ML_DSA_87 = 3;

  private Attributes() {}
}
