import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import java.io.FileInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.Key;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Security;
import java.security.Signature;
import java.security.cert.Certificate;

/** Signs with a key in the HSM and verifies with its certificate; nothing in here knows about hsmbridge. */
public final class SignAndVerify {
  private SignAndVerify() {}

  /**
   * Runs.
   *
   * @param args the keystore file and the alias; the file's password is in KEYSTORE_PASSWORD, the login in HSM_USER and
   *     HSM_PASSWORD
   */
  public static void main(String[] args) throws Exception {
    Security.addProvider(new CloudHsmProvider());

    KeyStore store = KeyStore.getInstance(CloudHsmProvider.CLOUDHSM_KEYSTORE_TYPE);
    try (InputStream file = new FileInputStream(args[0])) {
      store.load(file, System.getenv("KEYSTORE_PASSWORD").toCharArray());
    }
    Key key = store.getKey(args[1], null);
    Certificate certificate = store.getCertificate(args[1]);

    byte[] data = "the data".getBytes(StandardCharsets.UTF_8);
    String algorithm = key.getAlgorithm().equals("EC") ? "SHA256withECDSA" : "SHA256withRSA";

    Signature signer = Signature.getInstance(algorithm, CloudHsmProvider.PROVIDER_NAME);
    signer.initSign((PrivateKey) key);
    signer.update(data);
    byte[] signature = signer.sign();

    Signature verifier = Signature.getInstance(algorithm);
    verifier.initVerify(certificate);
    verifier.update(data);
    if (!verifier.verify(signature)) {
      throw new AssertionError("the signature is wrong");
    }
    System.out.printf("%s: %d bytes, verified; the key's bytes: %s%n", algorithm, signature.length, key.getEncoded());
  }
}
