import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import com.amazonaws.cloudhsm.jce.provider.attributes.EcParams;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttribute;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyPairAttributesMapBuilder;
import java.math.BigInteger;
import java.security.Key;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Security;
import javax.crypto.Cipher;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import javax.security.auth.Destroyable;

/** Wraps keys with an RSA key: short ones with OAEP, any with a temporary AES key under OAEP (RSAAESWrap). */
public final class RsaWrapping {
  private RsaWrapping() {}

  /**
   * Runs.
   *
   * @param args none
   */
  public static void main(String[] args) throws Exception {
    Security.addProvider(new CloudHsmProvider());
    KeyPair wrapping = generateRsa();
    SecretKey secret = generateAes();
    KeyPair signing = generateEc();
    try {
      wrap("RSA/ECB/OAEPWithSHA-256ANDMGF1Padding", wrapping, secret, "AES", Cipher.SECRET_KEY);
      wrap("RSAAESWrap/ECB/OAEPWithSHA-1ANDMGF1Padding", wrapping, secret, "AES", Cipher.SECRET_KEY);
      // Too long for RSA itself: a private key travels as PKCS#8.
      wrap("RSAAESWrap/ECB/OAEPWithSHA-1ANDMGF1Padding", wrapping, signing.getPrivate(), "EC", Cipher.PRIVATE_KEY);
    } finally {
      destroy(signing);
      secret.destroy();
      destroy(wrapping);
    }
  }

  private static void wrap(String transformation, KeyPair wrapping, Key payload, String algorithm, int type)
      throws Exception {
    Cipher cipher = Cipher.getInstance(transformation, CloudHsmProvider.PROVIDER_NAME);
    cipher.init(Cipher.WRAP_MODE, wrapping.getPublic());
    byte[] wrapped = cipher.wrap(payload);

    // The attributes of the new key; without them it is an extractable session key without a label.
    KeyAttributesMap attributes = new KeyAttributesMap();
    attributes.put(KeyAttribute.LABEL, "unwrapped");
    attributes.put(KeyAttribute.EXTRACTABLE, false);
    cipher.init(Cipher.UNWRAP_MODE, wrapping.getPrivate(), attributes);
    Key unwrapped = cipher.unwrap(wrapped, algorithm, type);
    System.out.println(transformation + ": " + unwrapped.getAlgorithm() + " in " + wrapped.length + " bytes");
    ((Destroyable) unwrapped).destroy();
  }

  private static KeyPair generateRsa() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA", CloudHsmProvider.PROVIDER_NAME);
    generator.initialize(
        new KeyPairAttributesMapBuilder()
            .withPublic(KeyAttribute.LABEL, "wrapping:Public")
            .withPublic(KeyAttribute.MODULUS_BITS, 2048)
            .withPublic(KeyAttribute.PUBLIC_EXPONENT, BigInteger.valueOf(65537).toByteArray())
            .withPublic(KeyAttribute.WRAP, true)
            .withPrivate(KeyAttribute.LABEL, "wrapping:Private")
            .withPrivate(KeyAttribute.UNWRAP, true)
            .withPrivate(KeyAttribute.EXTRACTABLE, false)
            .build());
    return generator.generateKeyPair();
  }

  private static KeyPair generateEc() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", CloudHsmProvider.PROVIDER_NAME);
    generator.initialize(
        new KeyPairAttributesMapBuilder()
            .withPublic(KeyAttribute.LABEL, "signing:Public")
            .withPublic(KeyAttribute.EC_PARAMS, EcParams.EC_CURVE_PRIME256)
            .withPrivate(KeyAttribute.LABEL, "signing:Private")
            .withPrivate(KeyAttribute.EXTRACTABLE, true)
            .build());
    return generator.generateKeyPair();
  }

  private static SecretKey generateAes() throws Exception {
    KeyAttributesMap attributes = new KeyAttributesMap();
    attributes.put(KeyAttribute.LABEL, "secret");
    attributes.put(KeyAttribute.SIZE, 256);
    attributes.put(KeyAttribute.EXTRACTABLE, true);
    KeyGenerator generator = KeyGenerator.getInstance("AES", CloudHsmProvider.PROVIDER_NAME);
    generator.init(attributes);
    return generator.generateKey();
  }

  /** Both halves of a pair are objects of the HSM. */
  private static void destroy(KeyPair pair) throws Exception {
    pair.getPrivate().destroy();
    ((Destroyable) pair.getPublic()).destroy();
  }
}
