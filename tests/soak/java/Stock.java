import com.amazonaws.cloudhsm.jce.provider.attributes.EcParams;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttribute;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyPairAttributesMap;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyPairAttributesMapBuilder;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyType;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Provider;
import java.util.Random;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.SecretKeySpec;

/** Persistent keys that all threads use from begin to end; the secret ones have twins in software. */
final class Stock {

  final Provider provider;
  final KeyPair ec;
  final KeyPair rsa;
  final SecretKey aes;
  final SecretKey aesTwin;
  final SecretKey hmac;
  final SecretKey hmacTwin;

  Stock(Provider provider, Random random) throws Exception {
    this.provider = provider;
    ec = pair("EC", KeyAttribute.EC_PARAMS, EcParams.EC_CURVE_PRIME256);
    rsa = pair("RSA", KeyAttribute.MODULUS_BITS, 2048);
    aesTwin = new SecretKeySpec(bytes(random), "AES");
    aes = imported("AES", KeyType.AES, aesTwin);
    hmacTwin = new SecretKeySpec(bytes(random), "HmacSHA256");
    hmac = imported("GenericSecret", KeyType.GENERIC_SECRET, hmacTwin);
  }

  private static byte[] bytes(Random random) {
    byte[] bytes = new byte[32];
    random.nextBytes(bytes);
    return bytes;
  }

  private KeyPair pair(String algorithm, KeyAttribute attribute, Object value) throws Exception {
    KeyPairAttributesMap attributes =
        new KeyPairAttributesMapBuilder()
            .withPublic(attribute, value)
            .withPublic(KeyAttribute.TOKEN, true)
            .withPublic(KeyAttribute.LABEL, "stock " + algorithm)
            .withPrivate(KeyAttribute.TOKEN, true)
            .withPrivate(KeyAttribute.LABEL, "stock " + algorithm)
            .build();
    KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm, provider);
    generator.initialize(attributes);
    return generator.generateKeyPair();
  }

  private SecretKey imported(String algorithm, KeyType type, SecretKey twin) throws Exception {
    KeyAttributesMap attributes = new KeyAttributesMap();
    attributes.put(KeyAttribute.KEY_TYPE, type);
    attributes.put(KeyAttribute.VALUE, twin.getEncoded());
    attributes.put(KeyAttribute.TOKEN, true);
    attributes.put(KeyAttribute.LABEL, "stock " + algorithm);
    return SecretKeyFactory.getInstance(algorithm, provider).generateSecret(attributes);
  }

  /** Generates an AES key. */
  SecretKey generate(String label, boolean persistent) throws Exception {
    KeyAttributesMap attributes = new KeyAttributesMap();
    attributes.put(KeyAttribute.SIZE, 256);
    attributes.put(KeyAttribute.LABEL, label);
    attributes.put(KeyAttribute.TOKEN, persistent);
    KeyGenerator generator = KeyGenerator.getInstance("AES", provider);
    generator.init(attributes);
    return generator.generateKey();
  }
}
