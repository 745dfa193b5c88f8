import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.security.Key;
import java.security.KeyPair;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;

/** Encrypts and decrypts, against SunJCE. */
final class CipherActions {

  static final List<String> HASHES = List.of("SHA-1", "SHA-224", "SHA-256", "SHA-384", "SHA-512");

  private static final int GCM_LIMIT = 16_000;

  private CipherActions() {}

  static void addTo(Map<String, Action> table) {
    for (String algorithm : List.of("AES", "DESede")) {
      for (String mode : List.of("CBC", "ECB")) {
        for (String padding : List.of("NoPadding", "PKCS5Padding")) {
          String name = algorithm + "/" + mode + "/" + padding;
          table.put("Cipher." + name, task -> block(task, name));
        }
      }
    }
    table.put("Cipher.AES/CTR/NoPadding", task -> block(task, "AES/CTR/NoPadding"));
    table.put("Cipher.AES/GCM/NoPadding", CipherActions::gcm);
    table.put("Cipher.RSA/ECB/PKCS1Padding", task -> rsa(task, "RSA/ECB/PKCS1Padding", null, 11));
    table.put("Cipher.RSA/ECB/OAEPPadding", task -> rsa(task, "RSA/ECB/OAEPPadding", oaep("SHA-1"), 42));
    for (String hash : HASHES) {
      String name = "RSA/ECB/OAEPWith" + hash + "ANDMGF1Padding";
      table.put("Cipher." + name, task -> rsa(task, name, oaep(hash), 2 + 2 * hashLength(hash)));
    }
    table.put("Cipher.RSA/ECB/NoPadding", CipherActions::rawRsa);
  }

  static OAEPParameterSpec oaep(String hash) {
    return new OAEPParameterSpec(hash, "MGF1", new MGF1ParameterSpec(hash), PSource.PSpecified.DEFAULT);
  }

  static int hashLength(String hash) {
    return hash.equals("SHA-1") ? 20 : Integer.parseInt(hash.substring(4)) / 8;
  }

  private static void block(Task task, String name) throws Exception {
    boolean isAes = name.startsWith("AES");
    Twins.Secret key = task.pick(isAes ? task.stock.aes : task.stock.desede);
    int size = isAes ? 16 : 8;
    IvParameterSpec iv = name.contains("ECB") ? null : new IvParameterSpec(task.bytes(size));
    byte[] plain = task.data(70_000);
    if (name.endsWith("NoPadding") && !name.contains("CTR")) {
      plain = Arrays.copyOf(plain, plain.length - plain.length % size);
    }
    byte[] expected = software(name, Cipher.ENCRYPT_MODE, key.software, iv).doFinal(plain);

    Cipher cipher = Cipher.getInstance(name, task.provider);
    cipher.init(Cipher.ENCRYPT_MODE, task.either(key.own, key.software), iv);
    Task.same(name + " encrypted", expected, inPieces(task, cipher, plain));
    if (task.oneIn(3)) {
      Task.same(name + " encrypted again", expected, inPieces(task, cipher, plain));
    }
    cipher.init(Cipher.DECRYPT_MODE, task.either(key.own, key.software), iv);
    Task.same(name + " decrypted", plain, inPieces(task, cipher, expected));
  }

  private static void gcm(Task task) throws Exception {
    Twins.Secret key = task.pick(task.stock.aes);
    byte[] plain = task.data(GCM_LIMIT);
    byte[] aad = task.data(300);
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding", task.provider);
    cipher.init(Cipher.ENCRYPT_MODE, task.either(key.own, key.software));
    cipher.updateAAD(aad);
    byte[] encrypted = inPieces(task, cipher, plain);
    GCMParameterSpec parameters = new GCMParameterSpec(128, cipher.getIV());
    Cipher software = software("AES/GCM/NoPadding", Cipher.DECRYPT_MODE, key.software, parameters);
    software.updateAAD(aad);
    Task.same("GCM encrypted", plain, software.doFinal(encrypted));

    parameters = new GCMParameterSpec(128, task.bytes(task.oneIn(2) ? 12 : 16));
    software = software("AES/GCM/NoPadding", Cipher.ENCRYPT_MODE, key.software, parameters);
    software.updateAAD(aad);
    encrypted = software.doFinal(plain);
    cipher.init(Cipher.DECRYPT_MODE, task.either(key.own, key.software), parameters);
    cipher.updateAAD(aad);
    Task.same("GCM decrypted", plain, inPieces(task, cipher, encrypted));

    encrypted[task.random.nextInt(encrypted.length)] ^= 1;
    cipher.init(Cipher.DECRYPT_MODE, key.own, parameters);
    cipher.updateAAD(aad);
    try {
      cipher.doFinal(encrypted);
      throw new WrongResult("GCM decrypted what was changed.");
    } catch (AEADBadTagException e) {
      Task.require(e.getMessage() != null, "AEADBadTagException says nothing.");
    }
  }

  private static void rsa(Task task, String name, OAEPParameterSpec oaep, int overhead) throws Exception {
    Twins.Pair pair = task.pick(task.stock.rsa);
    byte[] plain = task.bytes(task.random.nextInt(256 - overhead + 1));
    Cipher cipher = Cipher.getInstance(name, task.provider);
    AlgorithmParameterSpec given = task.oneIn(2) ? oaep : null;
    cipher.init(Cipher.ENCRYPT_MODE, task.either(pair.own.getPublic(), pair.software.getPublic()), given);
    byte[] encrypted = inPieces(task, cipher, plain);
    String plainName = oaep == null ? name : "RSA/ECB/OAEPPadding";
    Cipher software = software(plainName, Cipher.DECRYPT_MODE, pair.software.getPrivate(), oaep);
    Task.same(name + " encrypted", plain, software.doFinal(encrypted));

    encrypted = software(plainName, Cipher.ENCRYPT_MODE, pair.software.getPublic(), oaep).doFinal(plain);
    cipher.init(Cipher.DECRYPT_MODE, task.seldomOther(pair.own.getPrivate(), pair.software.getPrivate()), given);
    Task.same(name + " decrypted", plain, inPieces(task, cipher, encrypted));
  }

  private static void rawRsa(Task task) throws Exception {
    Twins.Pair twins = task.stock.rsa.get(0);
    KeyPair software = twins.software;
    byte[] plain = task.bytes(256);
    plain[0] = 0;
    byte[] expected =
        software("RSA/ECB/NoPadding", Cipher.ENCRYPT_MODE, software.getPublic(), null).doFinal(plain);
    Cipher cipher = Cipher.getInstance("RSA/ECB/NoPadding", task.provider);
    cipher.init(Cipher.ENCRYPT_MODE, task.either(twins.own.getPublic(), software.getPublic()));
    Task.same("raw RSA encrypted", expected, inPieces(task, cipher, plain));
    cipher.init(Cipher.DECRYPT_MODE, task.seldomOther(twins.own.getPrivate(), software.getPrivate()));
    Task.same("raw RSA decrypted", plain, inPieces(task, cipher, expected));
  }

  static Cipher software(String name, int mode, Key key, AlgorithmParameterSpec parameters)
      throws Exception {
    Cipher cipher = Cipher.getInstance(name, "SunJCE");
    cipher.init(mode, key, parameters);
    return cipher;
  }

  /** Feeds data in random pieces, in one of the forms that JCA has. */
  static byte[] inPieces(Task task, Cipher cipher, byte[] data) throws Exception {
    ByteArrayOutputStream result = new ByteArrayOutputStream();
    int position = 0;
    while (position < data.length && !task.oneIn(3)) {
      int length = 1 + task.random.nextInt(data.length - position);
      if (task.oneIn(3)) {
        ByteBuffer output = ByteBuffer.allocate(cipher.getOutputSize(length) + 16);
        cipher.update(ByteBuffer.wrap(data, position, length), output);
        result.write(output.array(), 0, output.position());
      } else {
        byte[] output = cipher.update(data, position, length);
        result.writeBytes(output == null ? new byte[0] : output);
      }
      position += length;
    }
    int rest = data.length - position;
    if (task.oneIn(3)) {
      byte[] output = Arrays.copyOfRange(data, position, position + rest + Math.max(512, cipher.getOutputSize(rest)));
      int size = cipher.doFinal(output, 0, rest, output, 0);
      result.write(output, 0, size);
    } else {
      result.writeBytes(cipher.doFinal(data, position, rest));
    }
    return result.toByteArray();
  }
}
