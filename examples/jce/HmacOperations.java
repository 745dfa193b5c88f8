import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.Security;
import javax.crypto.KeyGenerator;
import javax.crypto.Mac;
import javax.crypto.SecretKey;

/** Computes message authentication codes: HMAC with every hash, and CMAC with an AES key. */
public final class HmacOperations {
  private static final byte[] MESSAGE = "the message".getBytes(StandardCharsets.UTF_8);

  private HmacOperations() {}

  /**
   * Runs.
   *
   * @param args none
   */
  public static void main(String[] args) throws Exception {
    Security.addProvider(new CloudHsmProvider());
    for (String algorithm : new String[] {"HmacSHA1", "HmacSHA224", "HmacSHA256", "HmacSHA384", "HmacSHA512"}) {
      authenticate(algorithm, algorithm);
    }
    authenticate("AESCMAC", "AES");
  }

  private static void authenticate(String algorithm, String keyAlgorithm) throws Exception {
    KeyGenerator generator = KeyGenerator.getInstance(keyAlgorithm, CloudHsmProvider.PROVIDER_NAME);
    generator.init(256);
    SecretKey key = generator.generateKey();
    try {
      Mac mac = Mac.getInstance(algorithm, CloudHsmProvider.PROVIDER_NAME);
      mac.init(key);
      byte[] inOnePiece = mac.doFinal(MESSAGE);

      // doFinal leaves the object ready for the next message under the same key.
      mac.update(MESSAGE, 0, 4);
      mac.update(MESSAGE, 4, MESSAGE.length - 4);
      byte[] inTwoPieces = mac.doFinal();

      // Codes are compared in constant time.
      if (!MessageDigest.isEqual(inOnePiece, inTwoPieces)) {
        throw new IllegalStateException(algorithm + ": two codes of one message differ.");
      }
      System.out.println(algorithm + ": " + inOnePiece.length + " bytes");
    } finally {
      key.destroy();
    }
  }
}
