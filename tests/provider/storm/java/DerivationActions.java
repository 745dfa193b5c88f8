import com.amazonaws.cloudhsm.jce.provider.AesCmacKdfFixedInputData;
import com.amazonaws.cloudhsm.jce.provider.AesCmacKdfParameterSpec;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttribute;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import com.amazonaws.cloudhsm.jce.provider.spec.EcdhWithX963KdfParamSpec;
import com.amazonaws.cloudhsm.jce.provider.spec.HkdfParameterSpec;
import com.amazonaws.cloudhsm.jce.provider.spec.HmacKdfFixedInputData;
import com.amazonaws.cloudhsm.jce.provider.spec.HmacKdfParameterSpec;
import java.util.List;
import java.util.Map;
import javax.crypto.Cipher;
import javax.crypto.KeyAgreement;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.SecretKeySpec;

/** Derives keys; what comes out is used, and compared with a derivation in software. */
final class DerivationActions {

  private static final byte[] DATA = new byte[48];

  private DerivationActions() {}

  static void addTo(Map<String, Action> table) {
    for (String hash : CipherActions.HASHES) {
      String name = "ECDHwithX963" + hash.replace("-", "") + "KDF";
      table.put("KeyAgreement." + name, task -> x963(task, name, hash));
    }
    table.put("KeyAgreement.ECDH", DerivationActions::ecdh);
    table.put("Kdf.HKDF", DerivationActions::hkdf);
    table.put("Kdf.HMAC", DerivationActions::hmacKdf);
    for (String algorithm : List.of("AES", "DESede", "GenericSecret")) {
      table.put("Kdf." + algorithm, task -> cmacKdf(task, algorithm));
    }
  }

  private static void x963(Task task, String name, String hash) throws Exception {
    int curve = 2 * task.random.nextInt(task.stock.ec.size() / 2);
    Twins.Pair mine = task.stock.ec.get(curve);
    Twins.Pair theirs = task.stock.ec.get(curve + 1);
    byte[] info = task.data(200);
    KeyAgreement agreement = KeyAgreement.getInstance(name, task.provider);
    agreement.init(mine.own.getPrivate(), new EcdhWithX963KdfParamSpec(info, size(256)));
    agreement.doPhase(task.either(theirs.own.getPublic(), theirs.software.getPublic()), true);
    byte[] expected = Reference.x963(hash, secret(mine, theirs), info, 32);
    checkAes(task, name, expected, agreement.generateSecret("AES"));
  }

  private static void ecdh(Task task) throws Exception {
    int curve = 2 * task.random.nextInt(task.stock.ec.size() / 2);
    Twins.Pair mine = task.stock.ec.get(curve);
    Twins.Pair theirs = task.stock.ec.get(curve + 1);
    KeyAgreement agreement = KeyAgreement.getInstance("ECDH", task.provider);
    agreement.init(mine.own.getPrivate());
    agreement.doPhase(task.either(theirs.own.getPublic(), theirs.software.getPublic()), true);
    SecretKey derived = agreement.generateSecret("GenericSecret");
    byte[] expected = Reference.hmac("HmacSHA256", secret(mine, theirs), DATA);
    Task.same("ECDH", expected, MacActions.mac(task, "HmacSHA256", derived, DATA));
    derived.destroy();
  }

  private static void cmacKdf(Task task, String algorithm) throws Exception {
    Twins.Secret base = task.pick(task.stock.aes);
    int length = algorithm.equals("AES") ? 16 : algorithm.equals("DESede") ? 24 : 1 + task.random.nextInt(64);
    int counterBits = 8 * (1 + task.random.nextInt(4));
    byte[] prefix = task.data(100);
    byte[] suffix = task.data(100);
    SecretKey derived =
        SecretKeyFactory.getInstance(algorithm, task.provider)
            .generateSecret(
                new AesCmacKdfParameterSpec(
                    size(8 * length), new AesCmacKdfFixedInputData(counterBits, prefix, suffix),
                    task.either(base.own, base.software)));
    byte[] expected = Reference.counterKdf(base.software.getEncoded(), counterBits, prefix, suffix, length);
    if (algorithm.equals("AES")) {
      checkAes(task, "AES-CMAC KDF", expected, derived);
    } else if (algorithm.equals("DESede")) {
      Cipher cipher = Cipher.getInstance("DESede/ECB/NoPadding", task.provider);
      cipher.init(Cipher.ENCRYPT_MODE, derived);
      SecretKeySpec software = new SecretKeySpec(expected, "DESede");
      Task.same(
          "AES-CMAC KDF for DESede",
          CipherActions.software("DESede/ECB/NoPadding", Cipher.ENCRYPT_MODE, software, null).doFinal(DATA),
          cipher.doFinal(DATA));
      derived.destroy();
    } else {
      byte[] code = Reference.hmac("HmacSHA256", expected, DATA);
      Task.same("AES-CMAC KDF for GenericSecret", code, MacActions.mac(task, "HmacSHA256", derived, DATA));
      derived.destroy();
    }
  }

  private static void hmacKdf(Task task) throws Exception {
    Twins.Secret base = task.pick(task.stock.generic);
    String hash = task.pick(CipherActions.HASHES);
    int length = 1 + task.random.nextInt(64);
    int counterBits = task.random.nextBoolean() ? 16 : 32;
    byte[] label = task.data(100);
    byte[] context = task.data(100);
    SecretKey derived =
        SecretKeyFactory.getInstance("GenericSecret", task.provider)
            .generateSecret(
                new HmacKdfParameterSpec(
                    size(8 * length), hash, new HmacKdfFixedInputData(counterBits, label, context, 32),
                    task.either(base.own, base.software)));
    byte[] expected =
        Reference.hmacKdf(
            "Hmac" + hash.replace("-", ""), base.software.getEncoded(), counterBits, label, context, length);
    byte[] code = Reference.hmac("HmacSHA256", expected, DATA);
    Task.same("HMAC KDF with " + hash, code, MacActions.mac(task, "HmacSHA256", derived, DATA));
    derived.destroy();
  }

  private static void hkdf(Task task) throws Exception {
    Twins.Secret base = task.pick(task.stock.generic);
    String hash = task.pick(CipherActions.HASHES);
    byte[] salt = task.data(100);
    byte[] info = task.data(100);
    int length = 1 + task.random.nextInt(100);
    SecretKey derived =
        SecretKeyFactory.getInstance("GenericSecret", task.provider)
            .generateSecret(
                new HkdfParameterSpec(hash, salt, info, size(8 * length), task.either(base.own, base.software)));
    byte[] expected =
        Reference.hkdf("Hmac" + hash.replace("-", ""), base.software.getEncoded(), salt, info, length);
    byte[] code = Reference.hmac("HmacSHA256", expected, DATA);
    Task.same("HKDF with " + hash, code, MacActions.mac(task, "HmacSHA256", derived, DATA));
    derived.destroy();
  }

  static void checkAes(Task task, String name, byte[] expected, SecretKey derived) throws Exception {
    Cipher cipher = Cipher.getInstance("AES/ECB/NoPadding", task.provider);
    cipher.init(Cipher.ENCRYPT_MODE, derived);
    SecretKeySpec software = new SecretKeySpec(expected, "AES");
    Task.same(
        name,
        CipherActions.software("AES/ECB/NoPadding", Cipher.ENCRYPT_MODE, software, null).doFinal(DATA),
        cipher.doFinal(DATA));
    derived.destroy();
  }

  static KeyAttributesMap size(int bits) throws Exception {
    KeyAttributesMap attributes = new KeyAttributesMap();
    attributes.put(KeyAttribute.SIZE, bits);
    return attributes;
  }

  private static byte[] secret(Twins.Pair mine, Twins.Pair theirs) throws Exception {
    KeyAgreement agreement = KeyAgreement.getInstance("ECDH", "SunEC");
    agreement.init(mine.software.getPrivate());
    agreement.doPhase(theirs.software.getPublic(), true);
    return agreement.generateSecret();
  }
}
