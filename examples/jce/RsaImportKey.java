import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import java.security.Key;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Security;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;
import javax.security.auth.Destroyable;

/** Imports an RSA private key from PKCS#8, and unwraps with it what a partner wrapped for its public half. */
public final class RsaImportKey {
  /** Both hashes are named: the JDK's default for MGF1 is SHA-1, whatever the main hash is. */
  private static final OAEPParameterSpec OAEP =
      new OAEPParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, PSource.PSpecified.DEFAULT);

  private RsaImportKey() {}

  /**
   * Runs.
   *
   * @param args none
   */
  public static void main(String[] args) throws Exception {
    Security.addProvider(new CloudHsmProvider());
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA", "SunRsaSign");
    generator.initialize(2048);
    KeyPair software = generator.generateKeyPair();
    SecretKey secret = generateSoftwareKey();
    byte[] wrapped = wrapInSoftware(software, secret);

    byte[] pkcs8 = software.getPrivate().getEncoded();
    KeyFactory factory = KeyFactory.getInstance("RSA", CloudHsmProvider.PROVIDER_NAME);
    PrivateKey imported = factory.generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
    Arrays.fill(pkcs8, (byte) 0);
    System.out.println("imported: " + imported.getAlgorithm() + ", encoded " + imported.getEncoded());

    Cipher cipher = Cipher.getInstance("RSA/ECB/OAEPWithSHA-256ANDMGF1Padding", CloudHsmProvider.PROVIDER_NAME);
    cipher.init(Cipher.UNWRAP_MODE, imported, OAEP);
    Key unwrapped = cipher.unwrap(wrapped, "AES", Cipher.SECRET_KEY);
    if (unwrapped == null) {
      throw new IllegalStateException("Nothing was unwrapped.");
    }
    System.out.println("unwrapped: " + unwrapped.getAlgorithm());

    boolean same = Arrays.equals(encrypt("SunJCE", secret), encrypt(CloudHsmProvider.PROVIDER_NAME, unwrapped));
    ((Destroyable) unwrapped).destroy();
    imported.destroy();
    if (!same) {
      throw new IllegalStateException("The unwrapped key is another key.");
    }
    System.out.println("the unwrapped key encrypts like the partner's");
  }

  private static SecretKey generateSoftwareKey() throws Exception {
    KeyGenerator generator = KeyGenerator.getInstance("AES", "SunJCE");
    generator.init(256);
    return generator.generateKey();
  }

  private static byte[] wrapInSoftware(KeyPair pair, SecretKey secret) throws Exception {
    Cipher cipher = Cipher.getInstance("RSA/ECB/OAEPPadding", "SunJCE");
    cipher.init(Cipher.WRAP_MODE, pair.getPublic(), OAEP);
    return cipher.wrap(secret);
  }

  private static byte[] encrypt(String provider, Key key) throws Exception {
    Cipher cipher = Cipher.getInstance("AES/CBC/NoPadding", provider);
    cipher.init(Cipher.ENCRYPT_MODE, key, new IvParameterSpec(new byte[16]));
    return cipher.doFinal(new byte[32]);
  }
}
