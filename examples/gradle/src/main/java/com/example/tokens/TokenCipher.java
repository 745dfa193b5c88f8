package com.example.tokens;

import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttribute;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMapBuilder;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.security.auth.DestroyFailedException;

/**
 * Encrypts tokens with one AES key that stays in the HSM.
 *
 * <p>The provider must be registered; it logs in with HSM_USER and HSM_PASSWORD.
 */
public final class TokenCipher {
  private static final String TRANSFORMATION = "AES/GCM/NoPadding";
  private static final int IV_BYTES = 12;
  private static final int TAG_BITS = 128;

  private final SecretKey key;

  private TokenCipher(SecretKey key) {
    this.key = key;
  }

  /**
   * Makes a key that lasts and cannot leave the HSM.
   *
   * @param label the key's label, free in the HSM
   */
  public static TokenCipher create(String label) throws Exception {
    KeyGenerator generator = KeyGenerator.getInstance("AES", CloudHsmProvider.PROVIDER_NAME);
    generator.init(
        new KeyAttributesMapBuilder()
            .put(KeyAttribute.LABEL, label)
            .put(KeyAttribute.SIZE, 256)
            .put(KeyAttribute.TOKEN, true)
            .put(KeyAttribute.ENCRYPT, true)
            .put(KeyAttribute.DECRYPT, true)
            .put(KeyAttribute.EXTRACTABLE, false)
            .build());
    return new TokenCipher(generator.generateKey());
  }

  /**
   * Finds a key that {@link #create} made earlier, perhaps in another process.
   *
   * @param label the key's label
   */
  public static TokenCipher find(String label) throws Exception {
    KeyStore store = KeyStore.getInstance(CloudHsmProvider.CLOUDHSM_KEYSTORE_TYPE);
    store.load(null, null);
    Key key = store.getKey(label, null);
    if (key == null) {
      throw new IllegalStateException("The HSM has no key with the label " + label + "; create it first.");
    }
    return new TokenCipher((SecretKey) key);
  }

  /** Returns the key: a reference to it, without bytes. */
  public SecretKey key() {
    return key;
  }

  /**
   * Encrypts a token in the HSM.
   *
   * @param token the token, of at most 16,000 bytes
   * @param owner whose it is; the same must be said to open it
   * @return the IV, which the HSM makes, and the ciphertext
   */
  public byte[] seal(byte[] token, byte[] owner) throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance(TRANSFORMATION, CloudHsmProvider.PROVIDER_NAME);
    cipher.init(Cipher.ENCRYPT_MODE, key);
    cipher.updateAAD(owner);
    byte[] ciphertext = cipher.doFinal(token);
    // Only now is there an IV.
    byte[] iv = cipher.getIV();
    return ByteBuffer.allocate(iv.length + ciphertext.length).put(iv).put(ciphertext).array();
  }

  /**
   * Decrypts a token in the HSM.
   *
   * @param sealed what {@link #seal} returned
   * @param owner whose it is
   * @return the token
   * @throws AEADBadTagException if it was changed, or is another owner's
   */
  public byte[] open(byte[] sealed, byte[] owner) throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance(TRANSFORMATION, CloudHsmProvider.PROVIDER_NAME);
    cipher.init(Cipher.DECRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, sealed, 0, IV_BYTES));
    cipher.updateAAD(owner);
    return cipher.doFinal(sealed, IV_BYTES, sealed.length - IV_BYTES);
  }

  /** Destroys the key, in the HSM too. */
  public void destroy() throws DestroyFailedException {
    key.destroy();
  }
}
