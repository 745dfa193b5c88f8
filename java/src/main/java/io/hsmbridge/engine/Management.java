package io.hsmbridge.engine;

import io.hsmbridge.quorum.Approval;
import java.util.Map;

/**
 * The part of {@link Engine} that is called now and then: login, keys and their attributes, tokens. The process that
 * hosts a JVM implements it as it stands here; for what programs call again and again it has a quicker way.
 *
 * <p>Every method throws {@link HsmException} with a PKCS#11 return code when the engine refuses.
 */
public interface Management {

  /**
   * Tells which HSM this is; needs no login.
   *
   * @return the engine's {@code VERSION} (String), the {@code HOME} it serves (String) and its {@code MODE} ({@code
   *     fips} or {@code non-fips})
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
   * Refuses a size, curve or parameter set that {@link #generateKey} or {@link #generateKeyPair} would refuse, before a
   * key is asked for.
   *
   * @param mechanism a {@code CKM_..._GEN} number
   * @param template of the secret or the public key
   */
  void checkGeneration(long mechanism, Map<String, Object> template);

  /**
   * Imports a key made elsewhere.
   *
   * @param template {@code CLASS}, {@code KEY_TYPE} and the value: {@code PRIVATE_KEY_INFO} (PKCS#8 DER), {@code
   *     PUBLIC_KEY_INFO} (SubjectPublicKeyInfo DER) or, for secret keys, {@code VALUE}
   * @return the new key's handle
   */
  long importKey(Map<String, Object> template);

  /**
   * Imports a key made elsewhere as a session key, because an operation was given it. The engine takes private and
   * secret keys in only while implicit import is switched on.
   *
   * @param template as for {@link #importKey}
   * @return the new key's handle
   */
  long importForUse(Map<String, Object> template);

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
   * Returns a private or secret key in clear. The engine does so only for its owner, while clear extraction is switched
   * on, and for a key with {@code EXTRACTABLE} true and {@code WRAP_WITH_TRUSTED} false.
   *
   * @param key the handle
   * @return PKCS#8 DER of a private key, the bytes of a secret key; the caller wipes them
   */
  byte[] export(long key);

  /**
   * Returns random bytes of the HSM.
   *
   * @param count how many bytes
   * @return that many
   */
  byte[] random(int count);

  /**
   * Makes a token for an operation that needs approvals, in place of the user's last one for the same. It is for one
   * operation of this login.
   *
   * @param service what it is for: {@code key-usage} to sign, {@code key-management}, {@code registration}
   * @param key the handle of a key with quorum values; 0 for a service that is for no key
   * @return the approval data, whose SHA-256 digest approvers sign
   */
  byte[] generateToken(String service, long key);

  /**
   * Tells about the user's token for a service and a key.
   *
   * @param service as for {@link #generateToken}
   * @param key as for {@link #generateToken}
   * @return {@code REQUIRED} (Long), the number of approvals that it needs, and {@code EXPIRES_IN} (Long), seconds
   */
  Map<String, Object> tokenInfo(String service, long key);

  /**
   * Signs with a key that needs approvals, and uses the token up.
   *
   * @param key as for {@link Engine#sign}
   * @param mechanism as for {@link Engine#sign}
   * @param parameter as for {@link Engine#sign}
   * @param data as for {@link Engine#sign}
   * @param approval a token for {@code key-usage} of the key, with its signatures
   * @return as {@link Engine#sign}
   */
  byte[] signApproved(long key, long mechanism, byte[] parameter, byte[] data, Approval approval);

  /**
   * Encrypts one key with another.
   *
   * @param wrappingKey the handle of a public or secret key with {@code WRAP}
   * @param mechanism a {@code CKM_} number
   * @param parameter as for {@link Engine#encrypt}
   * @param key the handle of the private or secret key to take out; private keys travel as PKCS#8 DER
   * @return the wrapped key; for {@code CLOUDHSM_AES_GCM} begins as {@link Engine#encrypt} says
   */
  byte[] wrap(long wrappingKey, long mechanism, byte[] parameter, long key);

  /**
   * Decrypts a key into the HSM.
   *
   * @param unwrappingKey the handle of a private or secret key with {@code UNWRAP}
   * @param mechanism a {@code CKM_} number
   * @param parameter as for {@link Engine#decrypt}
   * @param wrapped as {@link #wrap} returns it; for {@code AES_GCM} without the IV
   * @param template {@code CLASS} and {@code KEY_TYPE} of the new key, and the attributes that the caller sets
   * @return the new key's handle
   */
  long unwrap(long unwrappingKey, long mechanism, byte[] parameter, byte[] wrapped, Map<String, Object> template);

  /**
   * Derives a secret key from a key.
   *
   * @param baseKey the handle of a private or secret key with {@code DERIVE}
   * @param mechanism a {@code CKM_} number
   * @param parameter what {@link Parameters} makes for the mechanism
   * @param template {@code KEY_TYPE} and {@code VALUE_LEN} of the new key, and the attributes that the caller sets;
   *     {@code ECDH1_DERIVE} without a KDF gives the whole shared secret if {@code VALUE_LEN} is absent
   * @return the new key's handle
   */
  long derive(long baseKey, long mechanism, byte[] parameter, Map<String, Object> template);
}
