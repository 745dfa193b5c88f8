package io.hsmbridge.engine;

import java.nio.ByteBuffer;

/**
 * The parameters of mechanisms as they cross the border: the fields in the order of the factory's arguments, numbers as
 * four bytes big-endian, byte strings with their length in four bytes before them.
 *
 * <p>Hashes are {@code CKM_} numbers such as {@link Mechanisms#SHA256}.
 */
public final class Parameters {

  /** What the length of {@link #labelledKdf} counts: the bits of all that is derived. */
  private static final int SUM_OF_KEYS = 1;

  private Parameters() {}

  /**
   * For CBC and CTR.
   *
   * @param iv the initialisation vector, or the whole counter block
   * @return the parameter
   */
  public static byte[] iv(byte[] iv) {
    return encode(iv);
  }

  /**
   * For {@code AES_GCM} and {@code CLOUDHSM_AES_GCM}.
   *
   * @param iv the IV; empty to encrypt, because the HSM makes it
   * @param aad additional authenticated data
   * @param tagBits length of the tag
   * @return the parameter
   */
  public static byte[] gcm(byte[] iv, byte[] aad, int tagBits) {
    return encode(iv, aad, tagBits);
  }

  /**
   * For {@code RSA_PKCS_OAEP} (RFC 8017, 7.1).
   *
   * @param hash of the label
   * @param mgfHash of MGF1
   * @param label usually empty
   * @return the parameter
   */
  public static byte[] oaep(long hash, long mgfHash, byte[] label) {
    return encode(hash, mgfHash, label);
  }

  /**
   * For {@code RSA_AES_KEY_WRAP}.
   *
   * @param aesBits length of the temporary AES key
   * @param hash as for {@link #oaep}
   * @param mgfHash as for {@link #oaep}
   * @param label as for {@link #oaep}
   * @return the parameter
   */
  public static byte[] rsaAesKeyWrap(int aesBits, long hash, long mgfHash, byte[] label) {
    return encode(aesBits, hash, mgfHash, label);
  }

  /**
   * For {@code RSA_PKCS_PSS} (RFC 8017, 8.1).
   *
   * @param hash that made the digest
   * @param mgfHash of MGF1
   * @param saltLength in bytes
   * @return the parameter
   */
  public static byte[] pss(long hash, long mgfHash, int saltLength) {
    return encode(hash, mgfHash, saltLength);
  }

  /**
   * For {@code EDDSA} (RFC 8032).
   *
   * @param prehashed true for Ed25519ph, whose data is the SHA-512 digest of the message
   * @return the parameter
   */
  public static byte[] eddsa(boolean prehashed) {
    return encode(prehashed ? 1 : 0);
  }

  /**
   * For {@code ECDH1_DERIVE}.
   *
   * @param kdf a {@code KDF_} number of {@link Mechanisms}
   * @param sharedInfo of ANSI X9.63, may be empty
   * @param publicKeyInfo the other side's public key, SubjectPublicKeyInfo DER
   * @return the parameter
   */
  public static byte[] ecdh(long kdf, byte[] sharedInfo, byte[] publicKeyInfo) {
    return encode(kdf, sharedInfo, publicKeyInfo);
  }

  /**
   * For {@code SP800_108_COUNTER_KDF} with AES-CMAC (NIST SP 800-108).
   *
   * @param counterBits width of the counter: 8, 16, 24 or 32
   * @param prefix what stands before the counter, may be empty
   * @param suffix what stands behind it, may be empty
   * @return the parameter
   */
  public static byte[] counterKdf(int counterBits, byte[] prefix, byte[] suffix) {
    return encode(counterBits, prefix, suffix);
  }

  /**
   * For {@code CLOUDHSM_SP800_108_COUNTER_KDF} (NIST SP 800-108): each block's input is counter, label, a zero byte,
   * context, and the length of what is derived in bits.
   *
   * @param prf the mechanism that makes the blocks, such as {@link Mechanisms#SHA256_HMAC}
   * @param counterBits width of the counter: 16 or 32
   * @param lengthBits width of the length: 8, 16, 32 or 64
   * @param label may be empty
   * @param context may be empty
   * @return the parameter
   */
  public static byte[] labelledKdf(long prf, int counterBits, int lengthBits, byte[] label, byte[] context) {
    return encode(prf, counterBits, SUM_OF_KEYS, lengthBits, label, context);
  }

  /**
   * For {@code HKDF_DERIVE} (RFC 5869), extract and expand.
   *
   * @param hash of the HMAC
   * @param salt may be empty
   * @param info may be empty
   * @return the parameter
   */
  public static byte[] hkdf(long hash, byte[] salt, byte[] info) {
    return encode(hash, salt, info);
  }

  private static byte[] encode(Object... fields) {
    int size = 0;
    for (Object field : fields) {
      size += Integer.BYTES + (field instanceof byte[] ? ((byte[]) field).length : 0);
    }
    ByteBuffer encoded = ByteBuffer.allocate(size);
    for (Object field : fields) {
      if (field instanceof byte[]) {
        encoded.putInt(((byte[]) field).length).put((byte[]) field);
      } else {
        encoded.putInt((int) ((Number) field).longValue());
      }
    }
    return encoded.array();
  }
}
