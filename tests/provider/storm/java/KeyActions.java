import com.amazonaws.cloudhsm.jce.provider.KeyStoreWithAttributes;
import com.amazonaws.cloudhsm.jce.provider.attributes.EcParams;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttribute;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import com.amazonaws.cloudhsm.jce.provider.attributes.MldsaAlgorithm;
import java.security.Key;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.security.auth.Destroyable;

/** Makes, imports, finds and destroys keys. */
final class KeyActions {

  private static final List<String> MACS = List.of("HmacSHA1", "HmacSHA224", "HmacSHA256", "HmacSHA384", "HmacSHA512");
  private static final List<byte[]> CURVES =
      List.of(
          EcParams.EC_CURVE_PRIME224, EcParams.EC_CURVE_PRIME256, EcParams.EC_CURVE_PRIME384,
          EcParams.EC_CURVE_PRIME521, EcParams.EC_CURVE_SECP256);
  private static final byte[] DATA = {7, 8, 9};

  /** Labels are unique, so that a search finds what one thread made. */
  private static final AtomicLong NUMBERS = new AtomicLong();

  /** RSA keys take long to find, and other threads shall have the processors too. */
  private static final Semaphore ONE_RSA = new Semaphore(1);

  private KeyActions() {}

  static void addTo(Map<String, Action> table) {
    table.put("KeyGenerator.AES", task -> generated(task, "AES", 128 + 64 * task.random.nextInt(3)));
    table.put("KeyGenerator.DESede", task -> generated(task, "DESede", 0));
    table.put("KeyGenerator.GenericSecret", task -> generated(task, "GenericSecret", 8 + 8 * task.random.nextInt(800)));
    table.put("SecretKeyFactory.AES", task -> imported(task, "AES", task.pick(task.stock.aes)));
    table.put("SecretKeyFactory.DESede", task -> imported(task, "DESede", task.pick(task.stock.desede)));
    table.put("SecretKeyFactory.GenericSecret", task -> imported(task, "GenericSecret", task.pick(task.stock.generic)));
    for (String mac : MACS) {
      table.put("KeyGenerator." + mac, task -> generated(task, mac, 64 + 8 * task.random.nextInt(100)));
      table.put("SecretKeyFactory." + mac, task -> imported(task, mac, task.pick(task.stock.generic)));
    }
    table.put("KeyPairGenerator.EC", task -> pair(task, "EC", KeyAttribute.EC_PARAMS, task.pick(CURVES)));
    table.put("KeyPairGenerator.Ed25519", task -> checkPair(task, "Ed25519", newPair(task, "Ed25519")));
    table.put("KeyPairGenerator.ML-DSA", KeyActions::mldsaPair);
    for (String set : List.of("ML-DSA-44", "ML-DSA-65", "ML-DSA-87")) {
      table.put("KeyPairGenerator." + set, task -> checkPair(task, "ML-DSA", newPair(task, set)));
      table.put("KeyFactory." + set, task -> mldsaFactory(task, set));
    }
    table.put("KeyPairGenerator.RSA", KeyActions::rsaPair);
    table.put("KeyFactory.RSA", KeyActions::rsaFactory);
    table.put("KeyFactory.EC", task -> encodedFactory(task, "EC", task.pick(task.stock.ec).software));
    table.put("KeyFactory.Ed25519", task -> encodedFactory(task, "Ed25519", task.pick(task.stock.edwards).software));
    table.put("KeyFactory.ML-DSA", task -> mldsaFactory(task, "ML-DSA"));
    table.put("KeyStore.CloudHSM", task -> store(task, false));
    table.put("KeyStore with a persistent key", task -> store(task, true));
  }

  private static void generated(Task task, String algorithm, int bits) throws Exception {
    KeyAttributesMap attributes = labelled(task);
    if (bits != 0) {
      attributes.put(KeyAttribute.SIZE, bits);
    }
    KeyGenerator generator = KeyGenerator.getInstance(algorithm, task.provider);
    generator.init(attributes);
    SecretKey key = generator.generateKey();
    Task.require(key.getAlgorithm().equals(algorithm), key + " is for " + key.getAlgorithm() + ".");
    findAndDestroy(task, key, attributes);
  }

  private static void imported(Task task, String algorithm, Twins.Secret twins) throws Exception {
    KeyAttributesMap attributes = labelled(task);
    attributes.put(KeyAttribute.VALUE, twins.software.getEncoded());
    SecretKeyFactory factory = SecretKeyFactory.getInstance(algorithm, task.provider);
    SecretKey key = task.oneIn(3) ? factory.translateKey(twins.software) : factory.generateSecret(attributes);
    if (algorithm.equals("DESede")) {
      key.destroy();
      return;
    }
    byte[] expected = Reference.hmac("HmacSHA256", twins.software, DATA);
    Task.same("code of an imported key", expected, MacActions.mac(task, "HmacSHA256", key, DATA));
    key.destroy();
  }

  private static void pair(Task task, String algorithm, KeyAttribute attribute, Object value) throws Exception {
    checkPair(task, algorithm, task.stock.generatePair(algorithm, attribute, value));
  }

  private static KeyPair newPair(Task task, String algorithm) throws Exception {
    return KeyPairGenerator.getInstance(algorithm, task.provider).generateKeyPair();
  }

  private static void mldsaPair(Task task) throws Exception {
    pair(task, "ML-DSA", KeyAttribute.MLDSA_ALGORITHM, task.pick(List.of(MldsaAlgorithm.values())));
  }

  private static void rsaPair(Task task) throws Exception {
    boolean first = task.stock.rsaGenerated.compareAndSet(false, true);
    if (!first && !task.oneIn(20) || !ONE_RSA.tryAcquire()) {
      return;
    }
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA", task.provider);
      generator.initialize(2048);
      checkPair(task, "SHA256withRSA", generator.generateKeyPair());
    } finally {
      ONE_RSA.release();
    }
  }

  private static void checkPair(Task task, String algorithm, KeyPair pair) throws Exception {
    String name = algorithm.equals("EC") ? "SHA256withECDSA" : algorithm;
    byte[] signed = SignatureActions.sign(task.provider.getName(), name, pair.getPrivate(), DATA);
    boolean right =
        SignatureActions.verifies(task.provider.getName(), name, pair.getPublic(), null, DATA, signed);
    Task.require(right, "A new pair for " + name + " refuses its own signature.");
    destroy(pair.getPrivate());
    destroy(pair.getPublic());
  }

  private static void rsaFactory(Task task) throws Exception {
    KeyPair software = task.pick(task.stock.rsa).software;
    RSAPrivateCrtKey key = (RSAPrivateCrtKey) software.getPrivate();
    KeyAttributesMap parts = labelled(task);
    parts.put(KeyAttribute.MODULUS, key.getModulus().toByteArray());
    parts.put(KeyAttribute.PUBLIC_EXPONENT, key.getPublicExponent().toByteArray());
    KeyFactory factory = KeyFactory.getInstance("RSA", task.provider);
    PublicKey publicKey = factory.generatePublic(parts);
    Task.same("RSA public key", software.getPublic().getEncoded(), publicKey.getEncoded());
    parts.put(KeyAttribute.PRIVATE_EXPONENT, key.getPrivateExponent().toByteArray());
    parts.put(KeyAttribute.PRIME_P, key.getPrimeP().toByteArray());
    parts.put(KeyAttribute.PRIME_Q, key.getPrimeQ().toByteArray());
    parts.put(KeyAttribute.PRIME_EXPONENT_P, key.getPrimeExponentP().toByteArray());
    parts.put(KeyAttribute.PRIME_EXPONENT_Q, key.getPrimeExponentQ().toByteArray());
    parts.put(KeyAttribute.CRT_COEFFICIENT, key.getCrtCoefficient().toByteArray());
    checkPair(task, "SHA256withRSA", new KeyPair(publicKey, factory.generatePrivate(parts)));
    Key translated = factory.translateKey(software.getPublic());
    Task.require(
        ((RSAPublicKey) translated).getModulus().equals(key.getModulus()), "A translated key has another modulus.");
    destroy(translated);
  }

  private static void encodedFactory(Task task, String algorithm, KeyPair software) throws Exception {
    KeyFactory factory = KeyFactory.getInstance(algorithm, task.provider);
    PublicKey publicKey =
        task.oneIn(2)
            ? factory.generatePublic(new X509EncodedKeySpec(software.getPublic().getEncoded()))
            : (PublicKey) factory.translateKey(software.getPublic());
    Task.same(algorithm + " public key", software.getPublic().getEncoded(), publicKey.getEncoded());
    PrivateKey privateKey = (PrivateKey) factory.translateKey(software.getPrivate());
    checkPair(task, algorithm, new KeyPair(publicKey, privateKey));
  }

  private static void mldsaFactory(Task task, String name) throws Exception {
    KeyPair pair = task.pick(task.stock.mldsa);
    byte[] encoded = pair.getPublic().getEncoded();
    KeyFactory factory = KeyFactory.getInstance(name, task.provider);
    PublicKey key = factory.generatePublic(new X509EncodedKeySpec(encoded));
    Task.same("ML-DSA public key", encoded, key.getEncoded());
    byte[] signed = SignatureActions.sign(task.provider.getName(), "ML-DSA", pair.getPrivate(), DATA);
    boolean right = SignatureActions.verifies(task.provider.getName(), "ML-DSA", key, null, DATA, signed);
    Task.require(right, "An imported ML-DSA key refuses a right signature.");
    destroy(key);
  }

  private static void store(Task task, boolean persistent) throws Exception {
    KeyAttributesMap attributes = labelled(task);
    String label = (String) attributes.get(KeyAttribute.LABEL);
    attributes.put(KeyAttribute.SIZE, 256);
    KeyGenerator generator = KeyGenerator.getInstance("AES", task.provider);
    generator.init(attributes);
    SecretKey key = generator.generateKey();
    KeyStore store = KeyStore.getInstance("CloudHSM", task.provider);
    store.load(null, null);
    if (persistent) {
      store.setKeyEntry(label, key, null, null);
      store.store(null, null);
      attributes.put(KeyAttribute.TOKEN, true);
    }
    Task.require(key.equals(store.getKey(label, null)), "getKey does not find " + key + ".");
    Task.require(store.containsAlias(label), "containsAlias does not find " + key + ".");
    Task.require(store.getKey(label + "?", null) == null, "getKey finds a key that nobody made.");
    findAndDestroy(task, key, attributes);
    Task.require(store.getKey(label, null) == null, "getKey finds " + key + ", which is destroyed.");
  }

  private static void findAndDestroy(Task task, SecretKey key, KeyAttributesMap attributes) throws Exception {
    KeyStoreWithAttributes store = KeyStoreWithAttributes.getInstance("CloudHSM", task.provider);
    store.load(null, null);
    Task.require(key.equals(store.getKey(attributes)), "getKey by attributes does not find " + key + ".");
    Task.require(store.getKeys(attributes).size() == 1, "getKeys does not find " + key + " once.");
    key.destroy();
    Task.require(store.getKey(attributes) == null, "getKey by attributes finds " + key + ", which is destroyed.");
    Task.require(store.getKeys(attributes).isEmpty(), "getKeys finds " + key + ", which is destroyed.");
  }

  private static KeyAttributesMap labelled(Task task) throws Exception {
    KeyAttributesMap attributes = new KeyAttributesMap();
    attributes.put(KeyAttribute.LABEL, "storm " + NUMBERS.incrementAndGet());
    return attributes;
  }

  private static void destroy(Key key) throws Exception {
    ((Destroyable) key).destroy();
  }
}
