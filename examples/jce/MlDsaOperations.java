import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttribute;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyPairAttributesMapBuilder;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyType;
import com.amazonaws.cloudhsm.jce.provider.attributes.MldsaAlgorithm;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Security;
import java.security.Signature;
import javax.security.auth.Destroyable;

/** Signs with the three parameter sets of ML-DSA (FIPS 204), the successor for when quantum computers arrive. */
public final class MlDsaOperations {
  private static final byte[] MESSAGE = "the message".getBytes(StandardCharsets.UTF_8);

  private MlDsaOperations() {}

  /**
   * Runs.
   *
   * @param args none
   */
  public static void main(String[] args) throws Exception {
    Security.addProvider(new CloudHsmProvider());
    for (MldsaAlgorithm parameters : MldsaAlgorithm.values()) {
      KeyPair pair = generate(parameters);
      try {
        sign(pair, parameters);
      } finally {
        pair.getPrivate().destroy();
        ((Destroyable) pair.getPublic()).destroy();
      }
    }
  }

  private static KeyPair generate(MldsaAlgorithm parameters) throws Exception {
    KeyAttributesMap publicAttributes = common(parameters, "signing:Public");
    publicAttributes.put(KeyAttribute.VERIFY, true);
    publicAttributes.put(KeyAttribute.WRAP, false);
    publicAttributes.put(KeyAttribute.ENCRYPT, false);
    KeyAttributesMap privateAttributes = common(parameters, "signing:Private");
    privateAttributes.put(KeyAttribute.SIGN, true);
    privateAttributes.put(KeyAttribute.UNWRAP, false);
    privateAttributes.put(KeyAttribute.DECRYPT, false);
    KeyPairGenerator generator = KeyPairGenerator.getInstance("ML-DSA", CloudHsmProvider.PROVIDER_NAME);
    generator.initialize(
        new KeyPairAttributesMapBuilder().withPublic(publicAttributes).withPrivate(privateAttributes).build());
    return generator.generateKeyPair();
  }

  private static KeyAttributesMap common(MldsaAlgorithm parameters, String label) throws Exception {
    KeyAttributesMap attributes = new KeyAttributesMap();
    attributes.put(KeyAttribute.LABEL, label);
    attributes.put(KeyAttribute.KEY_TYPE, KeyType.MLDSA);
    attributes.put(KeyAttribute.MLDSA_ALGORITHM, parameters);
    return attributes;
  }

  private static void sign(KeyPair pair, MldsaAlgorithm parameters) throws Exception {
    Signature signature = Signature.getInstance("ML-DSA", CloudHsmProvider.PROVIDER_NAME);
    signature.initSign(pair.getPrivate());
    signature.update(MESSAGE);
    byte[] signed = signature.sign();
    signature.initVerify(pair.getPublic());
    signature.update(MESSAGE);
    if (!signature.verify(signed)) {
      throw new IllegalStateException(parameters + ": the signature is wrong.");
    }
    System.out.println(
        parameters + ": key " + pair.getPrivate().getAlgorithm() + ", " + signed.length + " bytes, verified");
  }
}
