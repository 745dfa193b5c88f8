import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttribute;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyPairAttributesMapBuilder;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Security;
import java.security.Signature;
import javax.security.auth.Destroyable;

/** Signs with an Ed25519 key; an HSM in FIPS mode refuses it. */
public final class EdDsaOperations {
  private static final byte[] MESSAGE = "the message".getBytes(StandardCharsets.UTF_8);

  private EdDsaOperations() {}

  /**
   * Runs.
   *
   * @param args none
   */
  public static void main(String[] args) throws Exception {
    Security.addProvider(new CloudHsmProvider());
    KeyPairGenerator generator = KeyPairGenerator.getInstance("Ed25519", CloudHsmProvider.PROVIDER_NAME);
    generator.initialize(
        new KeyPairAttributesMapBuilder()
            .withPublic(KeyAttribute.LABEL, "signing:Public")
            .withPrivate(KeyAttribute.LABEL, "signing:Private")
            .withPrivate(KeyAttribute.EXTRACTABLE, false)
            .build());
    KeyPair pair = generator.generateKeyPair();
    try {
      sign(pair, "Ed25519");
      // The prehashed variant is another algorithm: its signatures do not verify as Ed25519.
      sign(pair, "Ed25519ph");
    } finally {
      pair.getPrivate().destroy();
      ((Destroyable) pair.getPublic()).destroy();
    }
  }

  private static void sign(KeyPair pair, String algorithm) throws Exception {
    Signature signature = Signature.getInstance(algorithm, CloudHsmProvider.PROVIDER_NAME);
    signature.initSign(pair.getPrivate());
    signature.update(MESSAGE);
    byte[] signed = signature.sign();
    signature.initVerify(pair.getPublic());
    signature.update(MESSAGE);
    if (!signature.verify(signed)) {
      throw new IllegalStateException(algorithm + ": the signature is wrong.");
    }
    System.out.println(algorithm + ": " + signed.length + " bytes, verified");
  }
}
