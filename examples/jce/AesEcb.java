import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import java.security.Security;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;

/** Encrypts single blocks with AES-ECB. Equal blocks give equal ciphertext: for building blocks, never for messages. */
public final class AesEcb {
  private AesEcb() {}

  /**
   * Runs.
   *
   * @param args none
   */
  public static void main(String[] args) throws Exception {
    Security.addProvider(new CloudHsmProvider());
    KeyGenerator generator = KeyGenerator.getInstance("AES", CloudHsmProvider.PROVIDER_NAME);
    generator.init(256);
    SecretKey key = generator.generateKey();
    try {
      roundTrip(key, "AES/ECB/NoPadding", new byte[1024]);
      roundTrip(key, "AES/ECB/PKCS5Padding", new byte[1001]);
    } finally {
      key.destroy();
    }
  }

  private static void roundTrip(SecretKey key, String transformation, byte[] plain) throws Exception {
    Cipher cipher = Cipher.getInstance(transformation, CloudHsmProvider.PROVIDER_NAME);
    cipher.init(Cipher.ENCRYPT_MODE, key);
    byte[] encrypted = cipher.doFinal(plain);
    cipher.init(Cipher.DECRYPT_MODE, key);
    if (!Arrays.equals(plain, cipher.doFinal(encrypted))) {
      throw new IllegalStateException(transformation + ": decryption gave other bytes.");
    }
    System.out.println(transformation + ": " + plain.length + " bytes became " + encrypted.length + " and came back");
  }
}
