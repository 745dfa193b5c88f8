package io.hsmbridge.engine;

import java.util.Map;

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
public interface Engine {

  /**
   * Tells which HSM this is; needs no login.
   *
   * @return the engine's {@code VERSION} (String) and the {@code HOME} it serves (String)
   */
  Map<String, Object> info();

  /**
   * Logs a crypto user in for this session.
   *
   * @param user the user's name
   * @param password the password in UTF-8; the caller wipes the array afterwards
   */
  void login(String user, byte[] password);

  /** Ends the login; the session's keys are destroyed, token keys stay. */
  void logout();

  /** Ends the session and destroys its session keys; closing twice does nothing. */
  void close();

  /**
   * Generates a secret key.
   *
   * @param mechanism a {@code CKM_..._KEY_GEN} number
   * @param template the attributes that the caller sets; the engine adds its defaults
   * @return the new key's handle
   */
  long generateKey(long mechanism, Map<String, Object> template);

  /**
   * Generates a key pair.
   *
   * @param mechanism a {@code CKM_..._KEY_PAIR_GEN} number
   * @param publicTemplate attributes of the public half, with {@code MODULUS_BITS} or {@code EC_PARAMS}
   * @param privateTemplate attributes of the private half
   * @return two handles: public, private
   */
  long[] generateKeyPair(long mechanism, Map<String, Object> publicTemplate, Map<String, Object> privateTemplate);

  /**
   * Imports a key made elsewhere.
   *
   * @param template {@code CLASS}, {@code KEY_TYPE} and the value: {@code PRIVATE_KEY_INFO} (PKCS#8 DER), {@code
   *     PUBLIC_KEY_INFO} (SubjectPublicKeyInfo DER) or, for secret keys, {@code VALUE}
   * @return the new key's handle
   */
  long importKey(Map<String, Object> template);

  /**
   * Finds keys that this session may see.
   *
   * @param template attributes that must all be equal; empty for every visible key
   * @return their handles in ascending order, empty if none matches
   */
  long[] find(Map<String, Object> template);

  /**
   * Reads a key's attributes; secret values are never among them.
   *
   * @param key the handle
   * @return all readable attributes
   */
  Map<String, Object> attributes(long key);

  /**
   * Changes attributes in one transaction; {@code TOKEN} from false to true makes a session key persistent.
   *
   * @param key the handle
   * @param template the attributes to change
   */
  void setAttributes(long key, Map<String, Object> template);

  /**
   * Destroys a key for good.
   *
   * @param key the handle
   */
  void destroy(long key);

  /**
   * Signs in one call.
   *
   * @param key the handle of a private key
   * @param mechanism a {@code CKM_} number
   * @param data what the mechanism signs: a digest for ECDSA, a DigestInfo or at most (modulus bytes - 11) bytes for
   *     RSA PKCS#1 v1.5
   * @return the signature; ECDSA as DER (RFC 3279)
   */
  byte[] sign(long key, long mechanism, byte[] data);

  /**
   * Verifies in one call; returns only if the signature is right.
   *
   * @param key the handle of a public key
   * @param mechanism a {@code CKM_} number
   * @param data as for {@link #sign}
   * @param signature as {@link #sign} returns it
   */
  void verify(long key, long mechanism, byte[] data, byte[] signature);
}
