import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import java.nio.charset.StandardCharsets;
import java.security.Security;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;

/** Encrypts with AES-GCM; the HSM makes the IV, so no program can use one twice. */
public final class AesGcm {
  private static final int TAG_BITS = 128;

  private AesGcm() {}

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
      run(key);
    } finally {
      key.destroy();
    }
  }

  private static void run(SecretKey key) throws Exception {
    byte[] plain = "sixteen thousand bytes at most".getBytes(StandardCharsets.UTF_8);
    byte[] aad = "sent along in clear".getBytes(StandardCharsets.UTF_8);

    Cipher encrypt = Cipher.getInstance("AES/GCM/NoPadding", CloudHsmProvider.PROVIDER_NAME);
    encrypt.init(Cipher.ENCRYPT_MODE, key);
    encrypt.updateAAD(aad);
    // The HSM takes the data in one piece: update returns nothing and doFinal everything.
    encrypt.update(plain);
    byte[] sealed = encrypt.doFinal();
    // There is no IV before; from here on it belongs to the ciphertext.
    byte[] iv = encrypt.getIV();
    System.out.println(
        plain.length + " bytes became " + sealed.length + ", IV of " + iv.length + " bytes made by the HSM");

    byte[] opened = open(key, iv, aad, sealed);
    System.out.println("decrypted: " + new String(opened, StandardCharsets.UTF_8));

    sealed[0] ^= 1;
    try {
      open(key, iv, aad, sealed);
      throw new IllegalStateException("A changed ciphertext was accepted.");
    } catch (AEADBadTagException e) {
      System.out.println("changed ciphertext: refused");
    }
    if (!Arrays.equals(plain, opened)) {
      throw new IllegalStateException("Decryption gave other bytes.");
    }
  }

  private static byte[] open(SecretKey key, byte[] iv, byte[] aad, byte[] sealed) throws Exception {
    Cipher decrypt = Cipher.getInstance("AES/GCM/NoPadding", CloudHsmProvider.PROVIDER_NAME);
    decrypt.init(Cipher.DECRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, iv));
    decrypt.updateAAD(aad);
    return decrypt.doFinal(sealed);
  }
}
