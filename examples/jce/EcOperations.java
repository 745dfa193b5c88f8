import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import com.amazonaws.cloudhsm.jce.provider.attributes.EcParams;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttribute;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyPairAttributesMapBuilder;
import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.Security;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import javax.security.auth.Destroyable;

/** Signs with an EC key. */
public final class EcOperations {
  private static final byte[] MESSAGE = "the message".getBytes(StandardCharsets.UTF_8);

  private EcOperations() {}

  /**
   * Runs.
   *
   * @param args none
   */
  public static void main(String[] args) throws Exception {
    Security.addProvider(new CloudHsmProvider());
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", CloudHsmProvider.PROVIDER_NAME);
    generator.initialize(
        new KeyPairAttributesMapBuilder()
            .withPublic(KeyAttribute.LABEL, "signing:Public")
            .withPublic(KeyAttribute.EC_PARAMS, EcParams.EC_CURVE_PRIME256)
            .withPrivate(KeyAttribute.LABEL, "signing:Private")
            .withPrivate(KeyAttribute.EXTRACTABLE, false)
            .build());
    KeyPair pair = generator.generateKeyPair();
    try {
      sign(pair, "SHA256withECDSA");
      sign(pair, "SHA512withECDSA");
    } finally {
      pair.getPrivate().destroy();
      ((Destroyable) pair.getPublic()).destroy();
    }
  }

  private static void sign(KeyPair pair, String algorithm) throws Exception {
    Signature signer = Signature.getInstance(algorithm, CloudHsmProvider.PROVIDER_NAME);
    signer.initSign(pair.getPrivate());
    signer.update(MESSAGE);
    byte[] signature = signer.sign();

    signer.initVerify(pair.getPublic());
    signer.update(MESSAGE);
    boolean inside = signer.verify(signature);

    // Whoever gets the message has the public key alone, and verifies in software.
    X509EncodedKeySpec encoded = new X509EncodedKeySpec(pair.getPublic().getEncoded());
    PublicKey exported = KeyFactory.getInstance("EC", "SunEC").generatePublic(encoded);
    Signature verifier = Signature.getInstance(algorithm, "SunEC");
    verifier.initVerify(exported);
    verifier.update(MESSAGE);
    if (!inside || !verifier.verify(signature)) {
      throw new IllegalStateException(algorithm + ": the signature is wrong.");
    }
    System.out.println(algorithm + ": verified in the HSM and by the JDK");
  }
}
