package com.example.signing;

import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import com.amazonaws.cloudhsm.jce.provider.KeyStoreWithAttributes;
import com.amazonaws.cloudhsm.jce.provider.attributes.EcParams;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttribute;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMapBuilder;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyPairAttributesMapBuilder;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import javax.security.auth.DestroyFailedException;
import javax.security.auth.Destroyable;

/**
 * Signs and verifies with one EC key pair that stays in the HSM.
 *
 * <p>The provider must be registered; it logs in with HSM_USER and HSM_PASSWORD.
 */
public final class SigningService {
  private static final String ALGORITHM = "SHA256withECDSA";

  private final PublicKey publicKey;
  private final PrivateKey privateKey;

  private SigningService(PublicKey publicKey, PrivateKey privateKey) {
    this.publicKey = publicKey;
    this.privateKey = privateKey;
  }

  /**
   * Makes a key pair that lasts and cannot leave the HSM.
   *
   * @param name the name of the pair, free in the HSM
   */
  public static SigningService create(String name) throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", CloudHsmProvider.PROVIDER_NAME);
    generator.initialize(
        new KeyPairAttributesMapBuilder()
            .withPublic(KeyAttribute.EC_PARAMS, EcParams.EC_CURVE_PRIME256)
            .withPublic(KeyAttribute.LABEL, publicLabel(name))
            .withPublic(KeyAttribute.VERIFY, true)
            .withPublic(KeyAttribute.TOKEN, true)
            .withPrivate(KeyAttribute.LABEL, privateLabel(name))
            .withPrivate(KeyAttribute.SIGN, true)
            .withPrivate(KeyAttribute.TOKEN, true)
            .withPrivate(KeyAttribute.EXTRACTABLE, false)
            .build());
    KeyPair pair = generator.generateKeyPair();
    return new SigningService(pair.getPublic(), pair.getPrivate());
  }

  /**
   * Finds a key pair that {@link #create} made earlier, perhaps in another process.
   *
   * @param name the name of the pair
   */
  public static SigningService find(String name) throws Exception {
    return new SigningService((PublicKey) key(publicLabel(name)), (PrivateKey) key(privateLabel(name)));
  }

  private static Key key(String label) throws Exception {
    KeyStoreWithAttributes store = KeyStoreWithAttributes.getInstance(CloudHsmProvider.CLOUDHSM_KEYSTORE_TYPE);
    store.load(null, null);
    Key key = store.getKey(new KeyAttributesMapBuilder().put(KeyAttribute.LABEL, label).build());
    if (key == null) {
      throw new IllegalStateException("The HSM has no key with the label " + label + "; create the pair first.");
    }
    return key;
  }

  // The halves have labels of their own, so that each label is one key's.
  private static String publicLabel(String name) {
    return name + ":Public";
  }

  private static String privateLabel(String name) {
    return name + ":Private";
  }

  /** Returns the public key, for those who verify without the HSM. */
  public PublicKey publicKey() {
    return publicKey;
  }

  /** Returns the private key: a reference to it, without bytes. */
  public PrivateKey privateKey() {
    return privateKey;
  }

  /**
   * Signs in the HSM.
   *
   * @param data the data, of any size
   * @return the signature, DER-encoded
   */
  public byte[] sign(byte[] data) throws GeneralSecurityException {
    Signature signature = Signature.getInstance(ALGORITHM, CloudHsmProvider.PROVIDER_NAME);
    signature.initSign(privateKey);
    signature.update(data);
    return signature.sign();
  }

  /**
   * Verifies in the HSM.
   *
   * @param data the data
   * @param signed the signature, DER-encoded
   * @return whether it is the data's
   */
  public boolean verify(byte[] data, byte[] signed) throws GeneralSecurityException {
    Signature signature = Signature.getInstance(ALGORITHM, CloudHsmProvider.PROVIDER_NAME);
    signature.initVerify(publicKey);
    signature.update(data);
    return signature.verify(signed);
  }

  /** Destroys both halves, in the HSM too. */
  public void destroy() throws DestroyFailedException {
    privateKey.destroy();
    ((Destroyable) publicKey).destroy();
  }
}
