import com.amazonaws.cloudhsm.jce.jni.exception.AddAttributeException;
import com.amazonaws.cloudhsm.jce.jni.exception.KeyUsageException;
import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import com.amazonaws.cloudhsm.jce.provider.attributes.EcParams;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttribute;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyPairAttributesMap;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyPairAttributesMapBuilder;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Security;
import java.security.Signature;
import java.security.SignatureException;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.security.auth.Destroyable;

/** Says with attributes what keys may do: at generation, at import, and what happens when a key may not. */
public final class KeyAttributes {
  private KeyAttributes() {}

  /**
   * Runs.
   *
   * @param args none
   */
  public static void main(String[] args) throws Exception {
    Security.addProvider(new CloudHsmProvider());
    generateKeyThatDoesNotSign();
    importAesKey();
    refuseWrongType();
  }

  private static void generateKeyThatDoesNotSign() throws Exception {
    KeyPairAttributesMap attributes =
        new KeyPairAttributesMapBuilder()
            .withPublic(KeyAttribute.EC_PARAMS, EcParams.EC_CURVE_PRIME256)
            .withPublic(KeyAttribute.LABEL, "agreement:Public")
            .withPrivate(KeyAttribute.LABEL, "agreement:Private")
            .withPrivate(KeyAttribute.DERIVE, true)
            .withPrivate(KeyAttribute.SIGN, false)
            .build();
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", CloudHsmProvider.PROVIDER_NAME);
    generator.initialize(attributes);
    KeyPair pair = generator.generateKeyPair();
    try {
      Signature signature = Signature.getInstance("SHA256withECDSA", CloudHsmProvider.PROVIDER_NAME);
      signature.initSign(pair.getPrivate());
      signature.update(new byte[] {1, 2, 3});
      signature.sign();
      throw new IllegalStateException("A key with SIGN = false has signed.");
    } catch (SignatureException e) {
      if (!(e.getCause() instanceof KeyUsageException)) {
        throw e;
      }
      System.out.println("SIGN = false: " + e.getCause().getClass().getSimpleName());
    } finally {
      pair.getPrivate().destroy();
      ((Destroyable) pair.getPublic()).destroy();
    }
  }

  /** Brings a key that the JDK made into the HSM; VALUE holds its bytes. */
  private static void importAesKey() throws Exception {
    KeyGenerator generator = KeyGenerator.getInstance("AES", "SunJCE");
    generator.init(256);
    SecretKey software = generator.generateKey();
    byte[] value = software.getEncoded();

    KeyAttributesMap attributes = new KeyAttributesMap();
    attributes.put(KeyAttribute.LABEL, "imported");
    attributes.put(KeyAttribute.VALUE, value);
    attributes.put(KeyAttribute.EXTRACTABLE, false);
    attributes.put(KeyAttribute.DECRYPT, false);
    SecretKeyFactory factory = SecretKeyFactory.getInstance("AES", CloudHsmProvider.PROVIDER_NAME);
    SecretKey imported = factory.generateSecret(attributes);

    // The map is no longer needed, and neither are the bytes.
    attributes.remove(KeyAttribute.VALUE);
    Arrays.fill(value, (byte) 0);

    byte[] block = new byte[16];
    byte[] encrypted = encrypt(CloudHsmProvider.PROVIDER_NAME, imported, block);
    boolean same = Arrays.equals(encrypted, encrypt("SunJCE", software, block));
    System.out.println("imported key encrypts like the original: " + same);
    imported.destroy();
    if (!same) {
      throw new IllegalStateException("The imported key is another key.");
    }
  }

  private static byte[] encrypt(String provider, SecretKey key, byte[] block) throws Exception {
    Cipher cipher = Cipher.getInstance("AES/ECB/NoPadding", provider);
    cipher.init(Cipher.ENCRYPT_MODE, key);
    return cipher.doFinal(block);
  }

  private static void refuseWrongType() {
    try {
      new KeyAttributesMap().put(KeyAttribute.SIZE, "256");
      throw new IllegalStateException("SIZE has taken a String.");
    } catch (AddAttributeException e) {
      System.out.println("SIZE = \"256\": " + e.getClass().getSimpleName());
    }
  }
}
