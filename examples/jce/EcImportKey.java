import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttribute;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Security;
import java.security.Signature;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECPrivateKeySpec;
import java.security.spec.ECPublicKeySpec;
import javax.security.auth.Destroyable;

/** Imports an EC key pair: with attributes, and with the JDK's key specifications. */
public final class EcImportKey {
  private EcImportKey() {}

  /**
   * Runs.
   *
   * @param args none
   */
  public static void main(String[] args) throws Exception {
    Security.addProvider(new CloudHsmProvider());
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", "SunEC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    KeyPair software = generator.generateKeyPair();
    ECPrivateKey privateKey = (ECPrivateKey) software.getPrivate();
    ECPublicKey publicKey = (ECPublicKey) software.getPublic();

    KeyFactory factory = KeyFactory.getInstance("EC", CloudHsmProvider.PROVIDER_NAME);
    use(
        "with attributes",
        factory.generatePrivate(attributes(privateKey)),
        factory.generatePublic(attributes(publicKey)));
    // Without attributes: session keys without a label, with the default permissions.
    use(
        "with key specifications",
        factory.generatePrivate(new ECPrivateKeySpec(privateKey.getS(), privateKey.getParams())),
        factory.generatePublic(new ECPublicKeySpec(publicKey.getW(), publicKey.getParams())));
  }

  private static KeyAttributesMap attributes(ECPrivateKey key) throws Exception {
    KeyAttributesMap attributes = new KeyAttributesMap();
    attributes.put(KeyAttribute.LABEL, "imported:Private");
    attributes.put(KeyAttribute.TOKEN, false);
    attributes.put(KeyAttribute.EXTRACTABLE, false);
    attributes.put(KeyAttribute.EC_PARAMS, key.getParams());
    attributes.put(KeyAttribute.VALUE, key.getS().toByteArray());
    return attributes;
  }

  private static KeyAttributesMap attributes(ECPublicKey key) throws Exception {
    KeyAttributesMap attributes = new KeyAttributesMap();
    attributes.put(KeyAttribute.LABEL, "imported:Public");
    attributes.put(KeyAttribute.TOKEN, false);
    attributes.put(KeyAttribute.EC_PARAMS, key.getParams());
    attributes.put(KeyAttribute.EC_POINT, key.getW());
    return attributes;
  }

  private static void use(String how, PrivateKey privateKey, PublicKey publicKey) throws Exception {
    try {
      Signature signature = Signature.getInstance("SHA256withECDSA", CloudHsmProvider.PROVIDER_NAME);
      signature.initSign(privateKey);
      signature.update(new byte[] {1, 2, 3});
      byte[] signed = signature.sign();
      signature.initVerify(publicKey);
      signature.update(new byte[] {1, 2, 3});
      if (!signature.verify(signed)) {
        throw new IllegalStateException("The imported halves do not belong together.");
      }
      System.out.println("imported " + how + ": signs and verifies");
    } finally {
      privateKey.destroy();
      ((Destroyable) publicKey).destroy();
    }
  }
}
