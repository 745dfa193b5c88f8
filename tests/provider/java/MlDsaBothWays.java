import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Random;

/** Signs with ML-DSA in the HSM and in the JDK's own provider, and has the other one verify. */
public final class MlDsaBothWays {

  private static final int[] LENGTHS = {0, 1, 63, 64, 1000, 70_000};

  private MlDsaBothWays() {}

  public static void main(String[] args) throws Exception {
    for (String set : new String[] {"ML-DSA-44", "ML-DSA-65", "ML-DSA-87"}) {
      KeyPair hsm = KeyPairGenerator.getInstance(set, "CloudHSM").generateKeyPair();
      PublicKey outside =
          KeyFactory.getInstance("ML-DSA", "SUN").generatePublic(new X509EncodedKeySpec(hsm.getPublic().getEncoded()));
      int right = bothWays(hsm.getPrivate(), "CloudHSM", outside, "SUN");
      KeyPair software = KeyPairGenerator.getInstance(set, "SUN").generateKeyPair();
      PublicKey inside =
          KeyFactory.getInstance("ML-DSA", "CloudHSM")
              .generatePublic(new X509EncodedKeySpec(software.getPublic().getEncoded()));
      right += bothWays(software.getPrivate(), "SUN", inside, "CloudHSM");
      System.out.println(set + ": " + right);
    }
  }

  /** Counts the right answers, two for each length: yes to the data, no to other data. */
  private static int bothWays(PrivateKey key, String signer, PublicKey other, String verifier) throws Exception {
    int right = 0;
    for (int length : LENGTHS) {
      byte[] data = new byte[length];
      new Random(length).nextBytes(data);
      Signature signing = Signature.getInstance("ML-DSA", signer);
      signing.initSign(key);
      signing.update(data);
      byte[] signature = signing.sign();
      right += verifies(other, verifier, data, signature) ? 1 : 0;
      right += verifies(other, verifier, new byte[length + 1], signature) ? 0 : 1;
    }
    return right;
  }

  private static boolean verifies(PublicKey key, String provider, byte[] data, byte[] signature) throws Exception {
    Signature verifying = Signature.getInstance("ML-DSA", provider);
    verifying.initVerify(key);
    verifying.update(data);
    return verifying.verify(signature);
  }
}
