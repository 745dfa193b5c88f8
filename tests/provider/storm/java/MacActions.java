import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.SecretKey;

/** Authenticates and hashes, against SunJCE and SUN; and random bytes. */
final class MacActions {

  private static final int LEAST_LIMIT = 16_224;

  private MacActions() {}

  static void addTo(Map<String, Action> table) {
    for (String hash : List.of("SHA1", "SHA224", "SHA256", "SHA384", "SHA512")) {
      table.put("Mac.Hmac" + hash, task -> hmac(task, "Hmac" + hash));
    }
    table.put("Mac.AESCMAC", MacActions::cmac);
    for (String hash : CipherActions.HASHES) {
      table.put("MessageDigest." + hash, task -> digest(task, hash));
    }
    table.put("SecureRandom.AES-CTR-DRBG", MacActions::random);
  }

  private static void hmac(Task task, String name) throws Exception {
    Twins.Secret key = task.pick(task.oneIn(5) ? task.stock.aes : task.stock.generic);
    byte[] data = task.data(LEAST_LIMIT);
    byte[] expected = Reference.hmac(name, key.software, data);
    Task.same(name, expected, mac(task, name, task.either(key.own, key.software), data));
  }

  private static void cmac(Task task) throws Exception {
    Twins.Secret key = task.pick(task.stock.aes);
    byte[] data = task.data(LEAST_LIMIT);
    byte[] expected = Reference.cmac(key.software.getEncoded(), data);
    Task.same("AESCMAC", expected, mac(task, "AESCMAC", task.either(key.own, key.software), data));
  }

  static byte[] mac(Task task, String name, SecretKey key, byte[] data) throws Exception {
    Mac mac = Mac.getInstance(name, task.provider);
    mac.init(key);
    if (task.oneIn(4)) {
      mac.update(task.bytes(5));
      mac.reset();
    }
    int first = task.random.nextInt(data.length + 1);
    mac.update(data, 0, first);
    return mac.doFinal(Arrays.copyOfRange(data, first, data.length));
  }

  private static void digest(Task task, String name) throws Exception {
    byte[] data = task.data(70_000);
    MessageDigest digest = MessageDigest.getInstance(name, task.provider);
    int first = task.random.nextInt(data.length + 1);
    digest.update(data, 0, first);
    byte[] rest = Arrays.copyOfRange(data, first, data.length);
    Task.same(name, MessageDigest.getInstance(name, "SUN").digest(data), digest.digest(rest));
  }

  private static void random(Task task) throws Exception {
    SecureRandom random = SecureRandom.getInstance("AES-CTR-DRBG", task.provider);
    byte[] one = new byte[16 + task.random.nextInt(200)];
    byte[] other = new byte[one.length];
    random.nextBytes(one);
    random.nextBytes(other);
    Task.require(!Arrays.equals(one, other), "SecureRandom repeats itself.");
    Task.require(!Arrays.equals(one, new byte[one.length]), "SecureRandom gives zeros.");
  }
}
