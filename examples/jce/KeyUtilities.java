import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import com.amazonaws.cloudhsm.jce.provider.KeyStoreWithAttributes;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttribute;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyType;
import java.math.BigInteger;
import java.security.Key;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Security;
import java.security.Signature;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.interfaces.RSAPublicKey;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.security.auth.Destroyable;

/** Brings keys in by their parts, finds them by their attributes, and destroys them. */
public final class KeyUtilities {
  private KeyUtilities() {}

  /**
   * Runs.
   *
   * @param args none
   */
  public static void main(String[] args) throws Exception {
    Security.addProvider(new CloudHsmProvider());
    importRsa();

    SecretKey imported = importAes("a-key-to-find");
    Key found = find("a-key-to-find", KeyType.AES);
    System.out.println("by label and type: " + found.getAlgorithm());
    System.out.println("by another type: " + find("a-key-to-find", KeyType.RSA));
    System.out.println("by another label: " + find("no-such-key", KeyType.AES));

    imported.destroy();
    System.out.println("after destroy: " + find("a-key-to-find", KeyType.AES));
  }

  /** Returns the one key with these attributes, or null; it is an exception if there are several. */
  private static Key find(String label, KeyType type) throws Exception {
    KeyStoreWithAttributes store = KeyStoreWithAttributes.getInstance(CloudHsmProvider.CLOUDHSM_KEYSTORE_TYPE);
    store.load(null, null);
    KeyAttributesMap attributes = new KeyAttributesMap();
    attributes.put(KeyAttribute.LABEL, label);
    attributes.put(KeyAttribute.KEY_TYPE, type);
    return store.getKey(attributes);
  }

  private static SecretKey importAes(String label) throws Exception {
    KeyGenerator generator = KeyGenerator.getInstance("AES", "SunJCE");
    generator.init(256);
    KeyAttributesMap attributes = new KeyAttributesMap();
    attributes.put(KeyAttribute.LABEL, label);
    attributes.put(KeyAttribute.TOKEN, false);
    attributes.put(KeyAttribute.KEY_TYPE, KeyType.AES);
    attributes.put(KeyAttribute.VALUE, generator.generateKey().getEncoded());
    return SecretKeyFactory.getInstance("AES", CloudHsmProvider.PROVIDER_NAME).generateSecret(attributes);
  }

  private static void importRsa() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA", "SunRsaSign");
    generator.initialize(2048);
    KeyPair software = generator.generateKeyPair();
    KeyFactory factory = KeyFactory.getInstance("RSA", CloudHsmProvider.PROVIDER_NAME);
    PrivateKey privateKey = factory.generatePrivate(parts((RSAPrivateCrtKey) software.getPrivate()));
    PublicKey publicKey = factory.generatePublic(parts((RSAPublicKey) software.getPublic()));

    Signature signature = Signature.getInstance("SHA256withRSA", CloudHsmProvider.PROVIDER_NAME);
    signature.initSign(privateKey);
    signature.update(new byte[] {1, 2, 3});
    byte[] signed = signature.sign();
    signature.initVerify(publicKey);
    signature.update(new byte[] {1, 2, 3});
    boolean verified = signature.verify(signed);
    privateKey.destroy();
    ((Destroyable) publicKey).destroy();
    if (!verified) {
      throw new IllegalStateException("The imported halves do not belong together.");
    }
    System.out.println("imported RSA pair signs and verifies");
  }

  private static KeyAttributesMap parts(RSAPrivateCrtKey key) throws Exception {
    KeyAttributesMap attributes = new KeyAttributesMap();
    attributes.put(KeyAttribute.LABEL, "imported:Private");
    attributes.put(KeyAttribute.TOKEN, false);
    attributes.put(KeyAttribute.KEY_TYPE, KeyType.RSA);
    attributes.put(KeyAttribute.MODULUS, bytes(key.getModulus()));
    attributes.put(KeyAttribute.PUBLIC_EXPONENT, bytes(key.getPublicExponent()));
    attributes.put(KeyAttribute.PRIVATE_EXPONENT, bytes(key.getPrivateExponent()));
    attributes.put(KeyAttribute.PRIME_P, bytes(key.getPrimeP()));
    attributes.put(KeyAttribute.PRIME_Q, bytes(key.getPrimeQ()));
    attributes.put(KeyAttribute.PRIME_EXPONENT_P, bytes(key.getPrimeExponentP()));
    attributes.put(KeyAttribute.PRIME_EXPONENT_Q, bytes(key.getPrimeExponentQ()));
    attributes.put(KeyAttribute.CRT_COEFFICIENT, bytes(key.getCrtCoefficient()));
    return attributes;
  }

  private static KeyAttributesMap parts(RSAPublicKey key) throws Exception {
    KeyAttributesMap attributes = new KeyAttributesMap();
    attributes.put(KeyAttribute.LABEL, "imported:Public");
    attributes.put(KeyAttribute.TOKEN, false);
    attributes.put(KeyAttribute.KEY_TYPE, KeyType.RSA);
    attributes.put(KeyAttribute.MODULUS, bytes(key.getModulus()));
    attributes.put(KeyAttribute.PUBLIC_EXPONENT, bytes(key.getPublicExponent()));
    return attributes;
  }

  /** Big-endian; a leading zero does no harm. */
  private static byte[] bytes(BigInteger number) {
    return number.toByteArray();
  }
}
