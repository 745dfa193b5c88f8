import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import java.io.ByteArrayOutputStream;
import java.security.SecureRandom;
import java.security.Security;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import javax.crypto.spec.IvParameterSpec;

/** Encrypts a stream with AES-CTR. The mode does not detect changes: use GCM unless you authenticate otherwise. */
public final class AesCtr {
  private AesCtr() {}

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
    // The counter block: eight random bytes, never used twice with a key, and eight for the counter, from zero.
    byte[] nonce = new byte[8];
    SecureRandom.getInstance("AES-CTR-DRBG", CloudHsmProvider.PROVIDER_NAME).nextBytes(nonce);
    IvParameterSpec counter = new IvParameterSpec(Arrays.copyOf(nonce, 16));

    byte[] plain = new byte[1000];
    Arrays.fill(plain, (byte) 'x');

    Cipher encrypt = Cipher.getInstance("AES/CTR/NoPadding", CloudHsmProvider.PROVIDER_NAME);
    encrypt.init(Cipher.ENCRYPT_MODE, key, counter);
    ByteArrayOutputStream stream = new ByteArrayOutputStream();
    for (int offset = 0; offset < plain.length; offset += 300) {
      byte[] piece = encrypt.update(plain, offset, Math.min(300, plain.length - offset));
      if (piece != null) {
        stream.write(piece, 0, piece.length);
      }
    }
    byte[] rest = encrypt.doFinal();
    stream.write(rest, 0, rest.length);
    byte[] encrypted = stream.toByteArray();
    System.out.println(plain.length + " bytes in pieces became " + encrypted.length);

    Cipher decrypt = Cipher.getInstance("AES/CTR/NoPadding", CloudHsmProvider.PROVIDER_NAME);
    decrypt.init(Cipher.DECRYPT_MODE, key, counter);
    if (!Arrays.equals(plain, decrypt.doFinal(encrypted))) {
      throw new IllegalStateException("Decryption gave other bytes.");
    }
    System.out.println("decrypted in one piece: the same bytes");
  }
}
