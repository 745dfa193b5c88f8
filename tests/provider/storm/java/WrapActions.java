import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttribute;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import java.security.Key;
import java.security.PrivateKey;
import java.security.interfaces.RSAKey;
import java.security.spec.AlgorithmParameterSpec;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** Wraps and unwraps; what comes out is used, and what SunJCE can open or close too, it does. */
final class WrapActions {

  private static final byte[] DATA = {1, 2, 3};

  private WrapActions() {}

  /** Opens or closes what was wrapped, in software. */
  private interface Software {
    byte[] apply(byte[] data) throws Exception;
  }

  static void addTo(Map<String, Action> table) {
    table.put("Wrap.AES/GCM/NoPadding", WrapActions::gcm);
    table.put("Wrap.AES/CBC/NoPadding", WrapActions::cbc);
    table.put("Cipher.AESWrap/ECB/NoPadding", task -> aesWrap(task, "NoPadding", "AES/KW/NoPadding"));
    table.put("Cipher.AESWrap/ECB/ZeroPadding", task -> aesWrap(task, "ZeroPadding", "AES/KWP/NoPadding"));
    table.put("Cipher.AESWrap/ECB/PKCS5Padding", task -> aesWrap(task, "PKCS5Padding", "AES/KW/NoPadding"));
    table.put("Wrap.RSA/ECB/PKCS1Padding", task -> rsa(task, "RSA/ECB/PKCS1Padding", "RSA/ECB/PKCS1Padding", null));
    table.put("Wrap.RSA/ECB/OAEPPadding", task -> oaep(task, "RSA/ECB/OAEPPadding", "SHA-1"));
    table.put("Cipher.RSAAESWrap/ECB/OAEPPadding", task -> rsaAes(task, "RSAAESWrap/ECB/OAEPPadding", "SHA-1"));
    for (String hash : CipherActions.HASHES) {
      String padding = "/ECB/OAEPWith" + hash + "ANDMGF1Padding";
      table.put("Wrap.RSA" + padding, task -> oaep(task, "RSA" + padding, hash));
      table.put("Cipher.RSAAESWrap" + padding, task -> rsaAes(task, "RSAAESWrap" + padding, hash));
    }
  }

  private static void gcm(Task task) throws Exception {
    Twins.Secret by = task.pick(task.stock.aes);
    Twins.Secret payload = task.pick(task.stock.generic);
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding", task.provider);
    cipher.init(Cipher.WRAP_MODE, by.own, new GCMParameterSpec(128, new byte[0]));
    byte[] wrapped = cipher.wrap(payload.own);
    GCMParameterSpec parameters = new GCMParameterSpec(128, cipher.getIV());
    Task.same(
        "wrapped with GCM", payload.software.getEncoded(),
        CipherActions.software("AES/GCM/NoPadding", Cipher.DECRYPT_MODE, by.software, parameters).doFinal(wrapped));
    cipher.init(Cipher.UNWRAP_MODE, task.either(by.own, by.software), parameters);
    checkSecret(task, payload, (SecretKey) cipher.unwrap(wrapped, "GenericSecret", Cipher.SECRET_KEY));

    Twins.Pair pair = task.pick(task.stock.ec);
    cipher.init(Cipher.WRAP_MODE, by.own);
    wrapped = cipher.wrap(pair.own.getPrivate());
    cipher.init(Cipher.UNWRAP_MODE, by.own, new GCMParameterSpec(128, cipher.getIV()));
    checkPrivate(task, pair, (PrivateKey) cipher.unwrap(wrapped, "EC", Cipher.PRIVATE_KEY));
  }

  private static void cbc(Task task) throws Exception {
    Twins.Secret by = task.pick(task.stock.aes);
    Twins.Secret payload = task.pick(wholeBlocks(task.stock.generic, 16));
    IvParameterSpec iv = new IvParameterSpec(task.bytes(16));
    Cipher cipher = Cipher.getInstance("AES/CBC/NoPadding", task.provider);
    cipher.init(Cipher.UNWRAP_MODE, task.either(by.own, by.software), iv);
    byte[] wrapped =
        CipherActions.software("AES/CBC/NoPadding", Cipher.ENCRYPT_MODE, by.software, iv)
            .doFinal(payload.software.getEncoded());
    checkSecret(task, payload, (SecretKey) cipher.unwrap(wrapped, "GenericSecret", Cipher.SECRET_KEY));
  }

  private static void aesWrap(Task task, String padding, String software) throws Exception {
    Twins.Secret by = task.pick(task.stock.aes);
    boolean padded = !padding.equals("NoPadding");
    List<Twins.Secret> payloads = wholeBlocks(task.stock.generic, 8);
    Twins.Secret payload = task.pick(padded ? task.stock.generic : payloads.subList(1, payloads.size()));
    Software opener =
        wrapped -> {
          Cipher unwrapping = Cipher.getInstance(software, "SunJCE");
          unwrapping.init(Cipher.UNWRAP_MODE, by.software);
          byte[] value = unwrapping.unwrap(wrapped, "Any", Cipher.SECRET_KEY).getEncoded();
          return padding.equals("PKCS5Padding") ? withoutPadding(value) : value;
        };
    Software closer =
        value -> {
          Cipher wrapping = Cipher.getInstance(software, "SunJCE");
          wrapping.init(Cipher.WRAP_MODE, by.software);
          return wrapping.wrap(new SecretKeySpec(value, "Any"));
        };
    secret(
        task, "AESWrap/ECB/" + padding, by.own, task.either(by.own, by.software), null, payload, opener,
        padding.equals("PKCS5Padding") ? null : closer);
    if (padded && task.oneIn(2)) {
      Twins.Pair pair = task.pick(task.stock.ec);
      Cipher cipher = Cipher.getInstance("AESWrap/ECB/" + padding, task.provider);
      cipher.init(Cipher.WRAP_MODE, by.own);
      byte[] wrapped = cipher.wrap(pair.own.getPrivate());
      cipher.init(Cipher.UNWRAP_MODE, by.own);
      checkPrivate(task, pair, (PrivateKey) cipher.unwrap(wrapped, "EC", Cipher.PRIVATE_KEY));
    }
  }

  /** JDKs differ in how far they pad, so that the padding is looked at here. */
  private static byte[] withoutPadding(byte[] padded) throws WrongResult {
    int count = padded[padded.length - 1];
    for (int i = 1; i <= count; i++) {
      Task.require(padded[padded.length - i] == count, "The padding is not that of PKCS#5.");
    }
    return Arrays.copyOf(padded, padded.length - count);
  }

  private static void oaep(Task task, String name, String hash) throws Exception {
    rsa(task, name, "RSA/ECB/OAEPPadding", CipherActions.oaep(hash));
  }

  private static void rsa(Task task, String name, String software, OAEPParameterSpec oaep) throws Exception {
    Twins.Pair by = task.pick(task.stock.rsa);
    Software opener =
        wrapped ->
            CipherActions.software(software, Cipher.DECRYPT_MODE, by.software.getPrivate(), oaep).doFinal(wrapped);
    Software closer =
        value -> CipherActions.software(software, Cipher.ENCRYPT_MODE, by.software.getPublic(), oaep).doFinal(value);
    secret(
        task, name, task.either(by.own.getPublic(), by.software.getPublic()),
        task.seldomOther(by.own.getPrivate(), by.software.getPrivate()), oaep, task.pick(task.stock.generic),
        opener, closer);
  }

  private static void rsaAes(Task task, String name, String hash) throws Exception {
    Twins.Pair by = task.pick(task.stock.rsa);
    OAEPParameterSpec oaep = CipherActions.oaep(hash);
    int modulus = (((RSAKey) by.software.getPublic()).getModulus().bitLength() + 7) / 8;
    Software opener =
        wrapped -> {
          byte[] aes =
              CipherActions.software("RSA/ECB/OAEPPadding", Cipher.DECRYPT_MODE, by.software.getPrivate(), oaep)
                  .doFinal(wrapped, 0, modulus);
          Cipher cipher = Cipher.getInstance("AES/KWP/NoPadding", "SunJCE");
          cipher.init(Cipher.UNWRAP_MODE, new SecretKeySpec(aes, "AES"));
          return cipher.unwrap(Arrays.copyOfRange(wrapped, modulus, wrapped.length), "Any", Cipher.SECRET_KEY)
              .getEncoded();
        };
    secret(
        task, name, task.either(by.own.getPublic(), by.software.getPublic()),
        task.seldomOther(by.own.getPrivate(), by.software.getPrivate()), null, task.pick(task.stock.generic),
        opener, null);
    Twins.Pair pair = task.pick(task.stock.ec);
    Cipher cipher = Cipher.getInstance(name, task.provider);
    cipher.init(Cipher.WRAP_MODE, by.own.getPublic());
    byte[] wrapped = cipher.wrap(pair.own.getPrivate());
    cipher.init(Cipher.UNWRAP_MODE, by.own.getPrivate());
    checkPrivate(task, pair, (PrivateKey) cipher.unwrap(wrapped, "EC", Cipher.PRIVATE_KEY));
  }

  private static void secret(
      Task task, String name, Key wrapping, Key unwrapping, AlgorithmParameterSpec parameters, Twins.Secret payload,
      Software opener, Software closer)
      throws Exception {
    Cipher cipher = Cipher.getInstance(name, task.provider);
    AlgorithmParameterSpec given = task.oneIn(2) ? parameters : null;
    cipher.init(Cipher.WRAP_MODE, wrapping, given);
    byte[] wrapped = cipher.wrap(payload.own);
    Task.same("wrapped with " + name, payload.software.getEncoded(), opener.apply(wrapped));
    if (closer != null && task.oneIn(2)) {
      wrapped = closer.apply(payload.software.getEncoded());
    }
    KeyAttributesMap attributes = new KeyAttributesMap();
    attributes.put(KeyAttribute.LABEL, "unwrapped");
    cipher.init(Cipher.UNWRAP_MODE, unwrapping, parameters == null && task.oneIn(2) ? attributes : given);
    checkSecret(task, payload, (SecretKey) cipher.unwrap(wrapped, "GenericSecret", Cipher.SECRET_KEY));
  }

  private static void checkSecret(Task task, Twins.Secret payload, SecretKey unwrapped) throws Exception {
    byte[] expected = Reference.hmac("HmacSHA256", payload.software, DATA);
    Task.same("code of an unwrapped key", expected, MacActions.mac(task, "HmacSHA256", unwrapped, DATA));
    unwrapped.destroy();
  }

  private static void checkPrivate(Task task, Twins.Pair pair, PrivateKey unwrapped) throws Exception {
    byte[] signed = SignatureActions.sign(task.provider.getName(), "SHA256withECDSA", unwrapped, DATA);
    Task.require(
        SignatureActions.verifies("SunEC", "SHA256withECDSA", pair.software.getPublic(), null, DATA, signed),
        "An unwrapped private key signed wrongly.");
    unwrapped.destroy();
  }

  private static List<Twins.Secret> wholeBlocks(List<Twins.Secret> secrets, int size) {
    return secrets.stream()
        .filter(secret -> secret.software.getEncoded().length % size == 0)
        .collect(Collectors.toList());
  }
}
