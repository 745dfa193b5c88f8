import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import com.amazonaws.cloudhsm.jce.provider.attributes.EcParams;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttribute;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMapBuilder;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyPairAttributesMap;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyPairAttributesMapBuilder;
import java.math.BigInteger;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Security;
import java.security.interfaces.ECKey;
import java.security.interfaces.RSAKey;
import javax.security.auth.Destroyable;

/** Generates RSA and EC key pairs. */
public final class AsymmetricKeys {
  private AsymmetricKeys() {}

  /**
   * Runs.
   *
   * @param args none
   */
  public static void main(String[] args) throws Exception {
    Security.addProvider(new CloudHsmProvider());

    for (int bits : new int[] {2048, 3072, 4096}) {
      KeyPair pair = generateRsa(bits, "rsa-" + bits);
      int made = ((RSAKey) pair.getPublic()).getModulus().bitLength();
      System.out.println(pair.getPrivate().getAlgorithm() + " with a modulus of " + made + " bits");
      destroy(pair);
    }

    byte[][] curves = {
      EcParams.EC_CURVE_PRIME256, EcParams.EC_CURVE_PRIME384, EcParams.EC_CURVE_SECP256, EcParams.EC_CURVE_SECP521
    };
    for (byte[] curve : curves) {
      KeyPair pair = generateEc(curve, "ec");
      int made = ((ECKey) pair.getPublic()).getParams().getCurve().getField().getFieldSize();
      System.out.println(pair.getPrivate().getAlgorithm() + " over a field of " + made + " bits");
      destroy(pair);
    }
  }

  private static KeyPair generateRsa(int bits, String label) throws Exception {
    KeyAttributesMap publicAttributes =
        new KeyAttributesMapBuilder()
            .put(KeyAttribute.LABEL, label + ":Public")
            .put(KeyAttribute.MODULUS_BITS, bits)
            .put(KeyAttribute.PUBLIC_EXPONENT, BigInteger.valueOf(65537).toByteArray())
            .build();
    return generate("RSA", publicAttributes, label);
  }

  private static KeyPair generateEc(byte[] curve, String label) throws Exception {
    KeyAttributesMap publicAttributes =
        new KeyAttributesMapBuilder()
            .put(KeyAttribute.LABEL, label + ":Public")
            .put(KeyAttribute.EC_PARAMS, curve)
            .build();
    return generate("EC", publicAttributes, label);
  }

  /** Gives the two halves different labels; with one label for both a search for it finds two keys. */
  private static KeyPair generate(String algorithm, KeyAttributesMap publicAttributes, String label)
      throws Exception {
    KeyAttributesMap privateAttributes =
        new KeyAttributesMapBuilder()
            .put(KeyAttribute.LABEL, label + ":Private")
            .put(KeyAttribute.EXTRACTABLE, false)
            .build();
    KeyPairAttributesMap attributes =
        new KeyPairAttributesMapBuilder().withPublic(publicAttributes).withPrivate(privateAttributes).build();
    KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm, CloudHsmProvider.PROVIDER_NAME);
    generator.initialize(attributes);
    return generator.generateKeyPair();
  }

  /** Both halves are objects of the HSM, and each is destroyed by itself. */
  private static void destroy(KeyPair pair) throws Exception {
    pair.getPrivate().destroy();
    ((Destroyable) pair.getPublic()).destroy();
  }
}
