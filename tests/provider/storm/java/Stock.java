import com.amazonaws.cloudhsm.jce.provider.attributes.EcParams;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttribute;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyPairAttributesMapBuilder;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyType;
import com.amazonaws.cloudhsm.jce.provider.attributes.MldsaAlgorithm;
import java.security.Key;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Provider;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.DESedeKeySpec;
import javax.crypto.spec.SecretKeySpec;
import javax.security.auth.Destroyable;

/** Keys that all threads use and nobody destroys until the end; most have a twin in software. */
final class Stock {

  static final Map<String, byte[]> CURVES =
      new TreeMap<>(
          Map.of(
              "secp256r1", EcParams.EC_CURVE_PRIME256,
              "secp384r1", EcParams.EC_CURVE_PRIME384,
              "secp521r1", EcParams.EC_CURVE_PRIME521));

  final List<Twins.Secret> aes = new ArrayList<>();
  final List<Twins.Secret> desede = new ArrayList<>();
  final List<Twins.Secret> generic = new ArrayList<>();
  final List<Twins.Pair> rsa = new ArrayList<>();

  /** Two pairs for each curve, the second beside the first. */
  final List<Twins.Pair> ec = new ArrayList<>();

  final List<Twins.Pair> edwards = new ArrayList<>();

  /** Without twins: what JDK 17 does not have. */
  final List<KeyPair> mldsa = new ArrayList<>();

  final List<KeyPair> otherCurves = new ArrayList<>();

  /** Whether the run has generated an RSA pair yet. */
  final AtomicBoolean rsaGenerated = new AtomicBoolean();

  private final Provider provider;
  private final Random random;
  private final List<Key> made = new ArrayList<>();

  Stock(Provider provider, Random random) throws Exception {
    this.provider = provider;
    this.random = random;
    for (int bits : new int[] {128, 192, 256}) {
      aes.add(secret("AES", KeyType.AES, new SecretKeySpec(bytes(bits / 8), "AES")));
    }
    SecretKey software = SecretKeyFactory.getInstance("DESede", "SunJCE").generateSecret(new DESedeKeySpec(bytes(24)));
    desede.add(secret("DESede", KeyType.DESEDE, software));
    for (int length : new int[] {1, 16, 24, 32, 64, 100}) {
      generic.add(secret("GenericSecret", KeyType.GENERIC_SECRET, new SecretKeySpec(bytes(length), "GenericSecret")));
    }
    for (int bits : new int[] {2048, 2048, 2304}) {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA", "SunRsaSign");
      generator.initialize(bits);
      rsa.add(encoded("RSA", generator.generateKeyPair()));
    }
    for (String curve : CURVES.keySet()) {
      ec.add(ecPair(curve));
      ec.add(ecPair(curve));
    }
    edwards.add(encoded("Ed25519", KeyPairGenerator.getInstance("Ed25519", "SunEC").generateKeyPair()));
    for (MldsaAlgorithm set : MldsaAlgorithm.values()) {
      mldsa.add(keep(generatePair("ML-DSA", KeyAttribute.MLDSA_ALGORITHM, set)));
    }
    for (byte[] curve : new byte[][] {EcParams.EC_CURVE_PRIME224, EcParams.EC_CURVE_SECP256}) {
      otherCurves.add(keep(generatePair("EC", KeyAttribute.EC_PARAMS, curve)));
    }
  }

  /** Generates a pair of session keys whose kind one attribute of the public half tells. */
  KeyPair generatePair(String algorithm, KeyAttribute attribute, Object value) throws Exception {
    KeyPairAttributesMapBuilder attributes = new KeyPairAttributesMapBuilder().withPublic(attribute, value);
    if (attribute == KeyAttribute.MLDSA_ALGORITHM) {
      attributes.withPrivate(attribute, value);
    }
    KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm, provider);
    generator.initialize(attributes.build());
    return generator.generateKeyPair();
  }

  /** Destroys all keys. */
  void destroy() throws Exception {
    for (Key key : made) {
      ((Destroyable) key).destroy();
    }
  }

  private Twins.Secret secret(String algorithm, KeyType type, SecretKey software) throws Exception {
    KeyAttributesMap attributes = new KeyAttributesMap();
    attributes.put(KeyAttribute.KEY_TYPE, type);
    attributes.put(KeyAttribute.VALUE, software.getEncoded());
    if (type != KeyType.DESEDE) {
      attributes.put(KeyAttribute.DERIVE, true);
    }
    SecretKey own = SecretKeyFactory.getInstance(algorithm, provider).generateSecret(attributes);
    made.add(own);
    return new Twins.Secret(own, software);
  }

  private Twins.Pair encoded(String algorithm, KeyPair software) throws Exception {
    KeyFactory factory = KeyFactory.getInstance(algorithm, provider);
    return new Twins.Pair(
        keep(
            new KeyPair(
                factory.generatePublic(new X509EncodedKeySpec(software.getPublic().getEncoded())),
                factory.generatePrivate(new PKCS8EncodedKeySpec(software.getPrivate().getEncoded())))),
        software);
  }

  private Twins.Pair ecPair(String curve) throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", "SunEC");
    generator.initialize(new ECGenParameterSpec(curve));
    KeyPair software = generator.generateKeyPair();
    KeyAttributesMap attributes = new KeyAttributesMap();
    attributes.put(KeyAttribute.EC_PARAMS, CURVES.get(curve));
    attributes.put(KeyAttribute.VALUE, ((ECPrivateKey) software.getPrivate()).getS().toByteArray());
    attributes.put(KeyAttribute.DERIVE, true);
    KeyFactory factory = KeyFactory.getInstance("EC", provider);
    return new Twins.Pair(
        keep(
            new KeyPair(
                factory.generatePublic(new X509EncodedKeySpec(software.getPublic().getEncoded())),
                factory.generatePrivate(attributes))),
        software);
  }

  private KeyPair keep(KeyPair pair) {
    made.add(pair.getPrivate());
    made.add(pair.getPublic());
    return pair;
  }

  private byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }
}
