package io.hsmbridge.engine;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * One session with one HSM: the whole border between Java and the engine. What is not here does not cross it.
 *
 * <p>Keys are named by handle. Attribute maps hold PKCS#11 attribute names without the {@code CKA_} prefix (see {@link
 * Attributes}) and values of four Java types: {@code Boolean}, {@code Long}, {@code String} and {@code byte[]} (big
 * integers as unsigned big-endian bytes). Mechanisms are PKCS#11 {@code CKM_} numbers (see {@link Mechanisms}). Every
 * decision about what is allowed is made behind this interface; implementations are safe for use by many threads.
 *
 * <p>Every method throws {@link HsmException} with a PKCS#11 return code when the engine refuses.
 */
public interface Engine extends Management {

  /**
   * The most bytes that one call takes or returns as data, signature, wrapped key or random bytes; more is refused with
   * {@code DATA_LEN_RANGE}. Callers give longer data in pieces where the mechanism allows it.
   */
  int MOST_DATA = 1_044_480;

  /**
   * Signs, or computes a message authentication code, in one call.
   *
   * @param key the handle of a private or secret key
   * @param mechanism a {@code CKM_} number
   * @param parameter what {@link Parameters} makes for the mechanism, or null if it has none
   * @param data what the mechanism signs: a digest for ECDSA, RSA PSS and prehashed EdDSA; a DigestInfo or at most
   *     (modulus bytes - 11) bytes for RSA PKCS#1 v1.5; the message for EdDSA, ML-DSA, HMAC and CMAC; the 64 bytes of mu
   *     for external-mu ML-DSA
   * @return the signature or code; ECDSA as DER (RFC 3279)
   */
  byte[] sign(long key, long mechanism, byte[] parameter, byte[] data);

  /**
   * Verifies in one call; returns only if the signature is right.
   *
   * @param key the handle of a public key
   * @param mechanism a {@code CKM_} number
   * @param parameter as for {@link #sign}
   * @param data as for {@link #sign}
   * @param signature as {@link #sign} returns it
   */
  void verify(long key, long mechanism, byte[] parameter, byte[] data, byte[] signature);

  /**
   * Encrypts in one call. Block modes take whole blocks, except those that pad; longer data may be given in pieces if
   * the caller carries the IV or counter forward.
   *
   * @param key the handle of a public or secret key
   * @param mechanism a {@code CKM_} number
   * @param parameter what {@link Parameters} makes for the mechanism, or null if it has none
   * @param data plaintext
   * @return ciphertext; for {@code CLOUDHSM_AES_GCM} the 12-byte IV that the HSM made, ciphertext, 16-byte tag
   */
  byte[] encrypt(long key, long mechanism, byte[] parameter, byte[] data);

  /**
   * Encrypts as {@link #encrypt(long, long, byte[], byte[])} does, from one place to another.
   *
   * @param key as there
   * @param mechanism as there
   * @param parameter as there
   * @param data plaintext, all that remains in the buffer; its position stays
   * @param result receives the ciphertext, and has room for it; all data were read before, so that it may be the same
   *     memory
   */
  default void encrypt(long key, long mechanism, byte[] parameter, ByteBuffer data, ByteBuffer result) {
    byte[] plain = new byte[data.remaining()];
    data.duplicate().get(plain);
    try {
      result.put(encrypt(key, mechanism, parameter, plain));
    } finally {
      Arrays.fill(plain, (byte) 0);
    }
  }

  /**
   * Decrypts in one call.
   *
   * @param key the handle of a private or secret key
   * @param mechanism a {@code CKM_} number
   * @param parameter as for {@link #encrypt}; for {@code AES_GCM} with the IV
   * @param data ciphertext; for {@code AES_GCM} with the tag at its end
   * @return plaintext
   */
  byte[] decrypt(long key, long mechanism, byte[] parameter, byte[] data);

  /**
   * Decrypts as {@link #decrypt(long, long, byte[], byte[])} does, from one place to another.
   *
   * @param key as there
   * @param mechanism as there
   * @param parameter as there
   * @param data ciphertext, all that remains in the buffer; its position stays
   * @param result receives the plaintext, as for {@link #encrypt(long, long, byte[], ByteBuffer, ByteBuffer)}
   */
  default void decrypt(long key, long mechanism, byte[] parameter, ByteBuffer data, ByteBuffer result) {
    byte[] sealed = new byte[data.remaining()];
    data.duplicate().get(sealed);
    byte[] plain = decrypt(key, mechanism, parameter, sealed);
    result.put(plain);
    Arrays.fill(plain, (byte) 0);
  }
}
