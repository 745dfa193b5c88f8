import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import java.security.SecureRandom;
import java.security.Security;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.IllegalBlockSizeException;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import javax.crypto.spec.IvParameterSpec;

/** Encrypts with AES-CBC, with padding and without; the IV is made with the HSM's random numbers. */
public final class AesCbc {
  private static final int BLOCK = 16;

  private AesCbc() {}

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
      roundTrip(key, "AES/CBC/PKCS5Padding", new byte[1000]);
      roundTrip(key, "AES/CBC/NoPadding", new byte[1024]);
      refuseHalfBlock(key);
    } finally {
      key.destroy();
    }
  }

  private static void roundTrip(SecretKey key, String transformation, byte[] plain) throws Exception {
    IvParameterSpec iv = new IvParameterSpec(randomBlock());
    Cipher cipher = Cipher.getInstance(transformation, CloudHsmProvider.PROVIDER_NAME);
    cipher.init(Cipher.ENCRYPT_MODE, key, iv);
    byte[] encrypted = cipher.doFinal(plain);
    cipher.init(Cipher.DECRYPT_MODE, key, iv);
    if (!Arrays.equals(plain, cipher.doFinal(encrypted))) {
      throw new IllegalStateException(transformation + ": decryption gave other bytes.");
    }
    System.out.println(transformation + ": " + plain.length + " bytes became " + encrypted.length + " and came back");
  }

  private static byte[] randomBlock() throws Exception {
    byte[] block = new byte[BLOCK];
    SecureRandom.getInstance("AES-CTR-DRBG", CloudHsmProvider.PROVIDER_NAME).nextBytes(block);
    return block;
  }

  private static void refuseHalfBlock(SecretKey key) throws Exception {
    Cipher cipher = Cipher.getInstance("AES/CBC/NoPadding", CloudHsmProvider.PROVIDER_NAME);
    cipher.init(Cipher.ENCRYPT_MODE, key, new IvParameterSpec(randomBlock()));
    try {
      cipher.doFinal(new byte[BLOCK / 2]);
      throw new IllegalStateException("Half a block was accepted without padding.");
    } catch (IllegalBlockSizeException e) {
      System.out.println("half a block without padding: refused");
    }
  }
}
