import com.amazonaws.cloudhsm.jce.provider.attributes.EcParams;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttribute;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyPairAttributesMapBuilder;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Security;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.SecretKeySpec;
import javax.security.auth.Destroyable;

/** Keys in the HSM and in software that the targets work with. */
final class Material {

  final Provider provider = Security.getProvider("CloudHSM");
  final KeyPair softwareRsa = software("RSA", 2048);
  final KeyPair softwareEc = software("EC", 256);
  final KeyPair softwareEd25519 = software("Ed25519", 255);
  final SecretKey softwareAes;

  /** PKCS#8, because the oldest JDKs have no such keys. */
  final byte[] encodedMldsa;

  final KeyPair rsa;
  final KeyPair ec;
  final KeyPair ed25519;
  final KeyPair mldsa;
  final SecretKey aes;
  final SecretKey desede;
  final SecretKey generic;
  private final List<Key> made = new ArrayList<>();

  /** Takes a folder with {@code ml-dsa-44.der}, a private key. */
  Material(Path folder) throws Exception {
    encodedMldsa = Files.readAllBytes(folder.resolve("ml-dsa-44.der"));
    softwareAes = new SecretKeySpec(bytes(32), "AES");
    rsa = imported("RSA", softwareRsa);
    ed25519 = imported("Ed25519", softwareEd25519);
    ec = curve(EcParams.EC_CURVE_PRIME256);
    mldsa = keep(KeyPairGenerator.getInstance("ML-DSA-44", provider).generateKeyPair());
    aes = secret("AES", KeyType.AES, softwareAes.getEncoded());
    desede = secret("DESede", KeyType.DESEDE, bytes(24));
    generic = secret("GenericSecret", KeyType.GENERIC_SECRET, bytes(40));
  }

  /** Makes a pair in the HSM that may derive. */
  KeyPair curve(byte[] parameters) throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", provider);
    generator.initialize(
        new KeyPairAttributesMapBuilder()
            .withPublic(KeyAttribute.EC_PARAMS, parameters)
            .withPrivate(KeyAttribute.DERIVE, true)
            .build());
    return keep(generator.generateKeyPair());
  }

  private static KeyPair software(String algorithm, int size) {
    try {
      String jdk = algorithm.equals("RSA") ? "SunRsaSign" : "SunEC";
      KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm, jdk);
      generator.initialize(size);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private KeyPair imported(String algorithm, KeyPair software) throws Exception {
    KeyFactory factory = KeyFactory.getInstance(algorithm, provider);
    PublicKey publicKey = factory.generatePublic(new X509EncodedKeySpec(software.getPublic().getEncoded()));
    PrivateKey privateKey = factory.generatePrivate(new PKCS8EncodedKeySpec(software.getPrivate().getEncoded()));
    return keep(new KeyPair(publicKey, privateKey));
  }

  private SecretKey secret(String algorithm, KeyType type, byte[] value) throws Exception {
    KeyAttributesMap attributes = new KeyAttributesMap();
    attributes.put(KeyAttribute.KEY_TYPE, type);
    attributes.put(KeyAttribute.VALUE, value);
    attributes.put(KeyAttribute.DERIVE, type != KeyType.DESEDE);
    SecretKey key = SecretKeyFactory.getInstance(algorithm, provider).generateSecret(attributes);
    made.add(key);
    return key;
  }

  private KeyPair keep(KeyPair pair) {
    made.add(pair.getPublic());
    made.add(pair.getPrivate());
    return pair;
  }

  static byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    new Random(count).nextBytes(bytes);
    return bytes;
  }

  void destroy() throws Exception {
    for (Key key : made) {
      ((Destroyable) key).destroy();
    }
  }
}
