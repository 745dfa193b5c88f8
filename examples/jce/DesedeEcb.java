import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import java.security.Security;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;

/** Encrypts with triple DES in ECB mode, for old systems only; an HSM in FIPS mode refuses it. */
public final class DesedeEcb {
  private DesedeEcb() {}

  /**
   * Runs.
   *
   * @param args none
   */
  public static void main(String[] args) throws Exception {
    Security.addProvider(new CloudHsmProvider());
    // A DESede key has 192 bits; there is nothing to say at init.
    SecretKey key = KeyGenerator.getInstance("DESede", CloudHsmProvider.PROVIDER_NAME).generateKey();
    try {
      roundTrip(key, "DESede/ECB/NoPadding", new byte[1024]);
      roundTrip(key, "DESede/ECB/PKCS5Padding", new byte[1001]);
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
