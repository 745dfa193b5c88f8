import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import java.security.InvalidKeyException;
import java.security.Provider;
import java.security.Signature;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import javax.crypto.BadPaddingException;
import javax.crypto.Cipher;
import javax.crypto.KeyAgreement;
import javax.crypto.KeyGenerator;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.ShortBufferException;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;

/** Begins operations and drops them half-way; the keys that were imported for them go with the objects. */
final class Abandoned {

  /** How many were dropped. */
  static final AtomicLong COUNT = new AtomicLong();

  private Abandoned() {}

  static void addTo(Map<String, Action> table) {
    add(table, "cipher with a software key", Abandoned::cipher);
    add(table, "cipher with a key of the HSM", Abandoned::ownCipher);
    add(table, "signature with software keys", Abandoned::signature);
    add(table, "code with a software key", Abandoned::mac);
    add(table, "agreement with a software peer", Abandoned::agreement);
    add(table, "unwrapping with a software key", Abandoned::unwrapping);
    add(table, "after a refusal", Abandoned::refused);
    add(table, "provider with a key", Abandoned::provider);
  }

  private static void add(Map<String, Action> table, String name, Action action) {
    table.put(
        "abandoned " + name,
        task -> {
          action.run(task);
          COUNT.incrementAndGet();
        });
  }

  private static void cipher(Task task) throws Exception {
    Cipher cipher = Cipher.getInstance("AES/CBC/PKCS5Padding", task.provider);
    cipher.init(Cipher.ENCRYPT_MODE, task.pick(task.stock.aes).software, new IvParameterSpec(new byte[16]));
    cipher.update(new byte[40]);
    if (task.oneIn(2)) {
      cipher.init(Cipher.DECRYPT_MODE, task.pick(task.stock.aes).software, new IvParameterSpec(new byte[16]));
      cipher.update(new byte[40]);
    }
  }

  private static void ownCipher(Task task) throws Exception {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding", task.provider);
    cipher.init(Cipher.ENCRYPT_MODE, task.pick(task.stock.aes).own);
    cipher.updateAAD(new byte[40]);
    cipher.update(new byte[40]);
  }

  private static void signature(Task task) throws Exception {
    Twins.Pair pair = task.pick(task.stock.ec);
    Signature signature = Signature.getInstance("SHA256withECDSA", task.provider);
    if (task.oneIn(2)) {
      signature.initVerify(pair.software.getPublic());
    } else {
      signature.initSign(pair.software.getPrivate());
    }
    signature.update(new byte[40]);
  }

  private static void mac(Task task) throws Exception {
    Mac mac = Mac.getInstance("HmacSHA256", task.provider);
    mac.init(task.pick(task.stock.generic).software);
    mac.update(new byte[40]);
  }

  private static void agreement(Task task) throws Exception {
    KeyAgreement agreement = KeyAgreement.getInstance("ECDHwithX963SHA256KDF", task.provider);
    agreement.init(task.stock.ec.get(0).own.getPrivate(), DerivationActions.size(256));
    agreement.doPhase(task.stock.ec.get(1).software.getPublic(), true);
  }

  private static void unwrapping(Task task) throws Exception {
    Cipher cipher = Cipher.getInstance("RSA/ECB/OAEPPadding", task.provider);
    cipher.init(Cipher.UNWRAP_MODE, task.pick(task.stock.rsa).software.getPrivate());
  }

  private static void refused(Task task) throws Exception {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding", task.provider);
    cipher.init(
        Cipher.DECRYPT_MODE, task.pick(task.stock.aes).software, new GCMParameterSpec(128, new byte[12]));
    try {
      cipher.doFinal(new byte[40]);
      throw new WrongResult("GCM decrypted zeros.");
    } catch (BadPaddingException e) {
      Task.require(e.getMessage() != null, "The refusal says nothing.");
    }
    cipher = Cipher.getInstance("AES/ECB/NoPadding", task.provider);
    cipher.init(Cipher.ENCRYPT_MODE, task.pick(task.stock.aes).software);
    try {
      cipher.doFinal(new byte[32], 0, 32, new byte[8], 0);
      throw new WrongResult("32 bytes fit into 8.");
    } catch (ShortBufferException e) {
      Task.require(e.getMessage() != null, "The refusal says nothing.");
    }
  }

  /** A provider of its own is a session of its own, which ends with its keys when nobody refers to it any more. */
  private static void provider(Task task) throws Exception {
    Provider other = new CloudHsmProvider();
    KeyGenerator generator = KeyGenerator.getInstance("AES", other);
    generator.init(DerivationActions.size(256));
    SecretKey key = generator.generateKey();
    Cipher cipher = Cipher.getInstance("AES/ECB/PKCS5Padding", other);
    cipher.init(Cipher.ENCRYPT_MODE, key);
    cipher.update(new byte[40]);
    try {
      Cipher.getInstance("AES/ECB/PKCS5Padding", task.provider).init(Cipher.ENCRYPT_MODE, key);
      throw new WrongResult("A provider took another one's key.");
    } catch (InvalidKeyException e) {
      Task.require(e.getMessage().contains("another provider"), "The refusal does not say why: " + e.getMessage());
    }
  }
}
