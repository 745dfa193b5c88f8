import java.security.InvalidKeyException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Provider;
import java.security.SignatureException;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;
import javax.crypto.Cipher;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import javax.security.auth.Destroyable;

/** Keys that some threads destroy while others use them. */
final class Doomed {

  private static final int COUNT = 6;

  private final Provider provider;
  private final AtomicReferenceArray<SecretKey> secrets = new AtomicReferenceArray<>(COUNT);
  private final AtomicReferenceArray<KeyPair> pairs = new AtomicReferenceArray<>(COUNT);

  Doomed(Provider provider) throws Exception {
    this.provider = provider;
    for (int i = 0; i < COUNT; i++) {
      secrets.set(i, newSecret());
      pairs.set(i, newPair());
    }
  }

  private SecretKey newSecret() throws Exception {
    KeyGenerator generator = KeyGenerator.getInstance("AES", provider);
    generator.init(DerivationActions.size(256));
    return generator.generateKey();
  }

  private KeyPair newPair() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", provider);
    generator.initialize(256);
    return generator.generateKeyPair();
  }

  /** Destroys a key that others may be using, and puts another in its place. */
  void replace(Task task) throws Exception {
    int index = task.random.nextInt(COUNT);
    secrets.getAndSet(index, newSecret()).destroy();
    destroy(pairs.getAndSet(index, newPair()));
  }

  /** Encrypts and decrypts: rightly, or with the exception that says that the key is gone. */
  void encrypt(Task task) throws Exception {
    SecretKey key = secrets.get(task.random.nextInt(COUNT));
    byte[] plain = task.bytes(64);
    try {
      Cipher cipher = Cipher.getInstance("AES/ECB/PKCS5Padding", provider);
      cipher.init(Cipher.ENCRYPT_MODE, key);
      byte[] encrypted = CipherActions.inPieces(task, cipher, plain);
      cipher.init(Cipher.DECRYPT_MODE, key);
      Task.same("key that may be destroyed", plain, CipherActions.inPieces(task, cipher, encrypted));
    } catch (InvalidKeyException | IllegalStateException e) {
      requireGone(key, e);
    }
  }

  /** Authenticates twice. */
  void authenticate(Task task) throws Exception {
    SecretKey key = secrets.get(task.random.nextInt(COUNT));
    byte[] data = task.bytes(40);
    try {
      byte[] code = MacActions.mac(task, "AESCMAC", key, data);
      Task.require(Arrays.equals(code, MacActions.mac(task, "AESCMAC", key, data)), "Two codes for the same data.");
    } catch (InvalidKeyException | IllegalStateException e) {
      requireGone(key, e);
    }
  }

  /** Signs and verifies, each half as long as it lives. */
  void sign(Task task) throws Exception {
    KeyPair pair = pairs.get(task.random.nextInt(COUNT));
    byte[] data = task.bytes(40);
    try {
      byte[] signed = SignatureActions.sign(provider.getName(), "SHA256withECDSA", pair.getPrivate(), data);
      boolean right = SignatureActions.verifies("SunEC", "SHA256withECDSA", pair.getPublic(), null, data, signed);
      Task.require(right, "A key that may be destroyed signed wrongly.");
      right =
          SignatureActions.verifies(provider.getName(), "SHA256withECDSA", pair.getPublic(), null, data, signed);
      Task.require(right, "A public key that may be destroyed refuses a right signature.");
    } catch (InvalidKeyException | SignatureException e) {
      requireGone(pair.getPrivate(), e);
    }
  }

  /** Wraps one with another. */
  void wrap(Task task) throws Exception {
    SecretKey by = secrets.get(task.random.nextInt(COUNT));
    SecretKey payload = secrets.get(task.random.nextInt(COUNT));
    SecretKey unwrapped = null;
    try {
      Cipher cipher = Cipher.getInstance("AESWrap/ECB/ZeroPadding", provider);
      cipher.init(Cipher.WRAP_MODE, by);
      byte[] wrapped = cipher.wrap(payload);
      cipher.init(Cipher.UNWRAP_MODE, by);
      unwrapped = (SecretKey) cipher.unwrap(wrapped, "AES", Cipher.SECRET_KEY);
      byte[] data = task.bytes(16);
      Task.same(
          "code of an unwrapped key",
          MacActions.mac(task, "AESCMAC", payload, data), MacActions.mac(task, "AESCMAC", unwrapped, data));
    } catch (InvalidKeyException | IllegalStateException e) {
      requireGone(by.isDestroyed() ? by : payload, e);
    } finally {
      if (unwrapped != null) {
        unwrapped.destroy();
      }
    }
  }

  /** The destroying thread marks the Java object a moment after the HSM has forgotten the key. */
  private static void requireGone(Destroyable key, Exception e) throws Exception {
    for (int wait = 0; wait < 500 && !key.isDestroyed(); wait++) {
      Thread.sleep(10);
    }
    if (!key.isDestroyed()) {
      throw e;
    }
  }

  private static void destroy(KeyPair pair) throws Exception {
    pair.getPrivate().destroy();
    ((Destroyable) pair.getPublic()).destroy();
  }

  void destroyAll() throws Exception {
    for (int i = 0; i < COUNT; i++) {
      secrets.get(i).destroy();
      destroy(pairs.get(i));
    }
  }
}
