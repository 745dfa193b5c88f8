import com.amazonaws.cloudhsm.jce.jni.exception.ProviderException;
import java.io.IOException;
import java.security.AlgorithmParameters;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import javax.crypto.AEADBadTagException;
import javax.crypto.BadPaddingException;
import javax.crypto.Cipher;
import javax.crypto.IllegalBlockSizeException;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;
import javax.crypto.spec.SecretKeySpec;

/** Plaintexts, ciphertexts, IVs, additional data and encoded parameters of every transformation; data of codes. */
final class CipherTargets {

  private static final Set<Class<? extends Exception>> DATA =
      Set.of(IllegalBlockSizeException.class, BadPaddingException.class);
  private static final Set<Class<? extends Exception>> SEALED =
      Set.of(IllegalBlockSizeException.class, AEADBadTagException.class);
  private static final Set<Class<? extends Exception>> PARAMETERS = Set.of(InvalidAlgorithmParameterException.class);

  private final Material material;
  private final List<Target> targets = new ArrayList<>();

  private CipherTargets(Material material) {
    this.material = material;
  }

  static List<Target> of(Material material) throws Exception {
    CipherTargets made = new CipherTargets(material);
    for (String algorithm : List.of("AES", "DESede")) {
      SecretKey key = algorithm.equals("AES") ? material.aes : material.desede;
      int size = algorithm.equals("AES") ? 16 : 8;
      for (String padding : List.of("NoPadding", "PKCS5Padding")) {
        made.block(algorithm + "/ECB/" + padding, key, size, null);
        made.block(algorithm + "/CBC/" + padding, key, size, Material.bytes(size));
      }
    }
    made.block("AES/CTR/NoPadding", material.aes, 16, Material.bytes(16));
    made.gcm();
    made.rsa("RSA/ECB/NoPadding");
    made.rsa("RSA/ECB/PKCS1Padding");
    made.rsa("RSA/ECB/OAEPPadding");
    for (String hash : List.of("1", "224", "256", "384", "512")) {
      made.rsa("RSA/ECB/OAEPWithSHA-" + hash + "ANDMGF1Padding");
    }
    made.oaep();
    made.softwareKeys();
    made.codes();
    return made.targets;
  }

  private void block(String name, SecretKey key, int size, byte[] iv) throws Exception {
    IvParameterSpec parameters = iv == null ? null : new IvParameterSpec(iv);
    byte[] plain = Material.bytes(4 * size);
    byte[] encrypted = run(name, Cipher.ENCRYPT_MODE, key, parameters, plain);
    targets.add(
        Target.of("plaintext of " + name, List.of(plain, new byte[size]), DATA,
            input -> run(name, Cipher.ENCRYPT_MODE, key, parameters, input)));
    targets.add(
        Target.of("ciphertext of " + name, List.of(encrypted), DATA,
            input -> run(name, Cipher.DECRYPT_MODE, key, parameters, input)));
    if (iv != null) {
      targets.add(
          Target.of("IV of " + name, List.of(iv), PARAMETERS,
              input -> run(name, Cipher.ENCRYPT_MODE, key, new IvParameterSpec(input), plain)));
      String algorithm = name.substring(0, name.indexOf('/'));
      encodedParameters(name, key, algorithm, parameters);
    }
  }

  private void gcm() throws Exception {
    String name = "AES/GCM/NoPadding";
    byte[] aad = Material.bytes(20);
    Cipher cipher = Cipher.getInstance(name, material.provider);
    cipher.init(Cipher.ENCRYPT_MODE, material.aes);
    cipher.updateAAD(aad);
    byte[] encrypted = cipher.doFinal(Material.bytes(50));
    byte[] iv = cipher.getIV();
    targets.add(
        Target.of("plaintext of " + name, List.of(Material.bytes(50), new byte[16_000]), SEALED,
            input -> run(name, Cipher.ENCRYPT_MODE, material.aes, null, input)));
    targets.add(
        Target.authenticated("ciphertext of " + name, List.of(encrypted), SEALED, input -> open(iv, aad, input)));
    targets.add(
        Target.authenticated("additional data of " + name, List.of(aad), SEALED, input -> open(iv, input, encrypted)));
    targets.add(
        Target.authenticated("IV of " + name, List.of(iv),
            Set.of(AEADBadTagException.class, InvalidAlgorithmParameterException.class),
            input -> open(input, aad, encrypted)));
    encodedParameters(name, material.aes, "GCM", new GCMParameterSpec(128, iv));
  }

  private Boolean open(byte[] iv, byte[] aad, byte[] encrypted) throws Exception {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding", material.provider);
    cipher.init(Cipher.DECRYPT_MODE, material.aes, new GCMParameterSpec(128, iv));
    cipher.updateAAD(aad);
    cipher.doFinal(encrypted);
    return true;
  }

  private void rsa(String name) throws Exception {
    byte[] plain = Material.bytes(name.endsWith("/NoPadding") ? 255 : 60);
    byte[] encrypted = run(name, Cipher.ENCRYPT_MODE, material.rsa.getPublic(), null, plain);
    targets.add(
        Target.of("plaintext of " + name, List.of(plain), DATA,
            input -> run(name, Cipher.ENCRYPT_MODE, material.rsa.getPublic(), null, input)));
    Target.Attempt decrypt =
        input -> {
          run(name, Cipher.DECRYPT_MODE, material.rsa.getPrivate(), null, input);
          return true;
        };
    String target = "ciphertext of " + name;
    targets.add(
        name.contains("OAEP")
            ? Target.authenticated(target, List.of(encrypted), DATA, decrypt)
            : Target.of(target, List.of(encrypted), DATA, decrypt));
  }

  private void oaep() throws Exception {
    String name = "RSA/ECB/OAEPPadding";
    byte[] label = Material.bytes(10);
    byte[] encrypted = run(name, Cipher.ENCRYPT_MODE, material.rsa.getPublic(), labelled(label), Material.bytes(20));
    targets.add(
        Target.authenticated("label of " + name, List.of(label),
            Set.of(BadPaddingException.class, InvalidAlgorithmParameterException.class),
            input -> {
              run(name, Cipher.DECRYPT_MODE, material.rsa.getPrivate(), labelled(input), encrypted);
              return true;
            }));
    encodedParameters(name, material.rsa.getPublic(), "OAEP", labelled(label));
  }

  private static OAEPParameterSpec labelled(byte[] label) {
    return new OAEPParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, new PSource.PSpecified(label));
  }

  /** What the JDK's parameter objects read of changed encodings; those that they refuse are none of ours. */
  private void encodedParameters(String name, Key key, String algorithm, AlgorithmParameterSpec parameters)
      throws Exception {
    AlgorithmParameters valid = AlgorithmParameters.getInstance(algorithm, "SunJCE");
    valid.init(parameters);
    targets.add(
        Target.of("encoded parameters of " + name, List.of(valid.getEncoded()), PARAMETERS,
            input -> {
              AlgorithmParameters read = AlgorithmParameters.getInstance(algorithm, "SunJCE");
              try {
                read.init(input);
              } catch (IOException | RuntimeException e) {
                return null;
              }
              Cipher.getInstance(name, material.provider).init(Cipher.ENCRYPT_MODE, key, read);
              return null;
            }));
  }

  /** Keys that are imported for a cipher. */
  private void softwareKeys() {
    Set<Class<? extends Exception>> refusals = Set.of(InvalidKeyException.class);
    for (String name : List.of("AES/CTR/NoPadding", "AES/GCM/NoPadding", "DESede/ECB/PKCS5Padding")) {
      String algorithm = name.substring(0, name.indexOf('/'));
      targets.add(
          Target.of("secret key given to " + name, List.of(Material.bytes(24)), refusals,
              input -> {
                Key key = new SecretKeySpec(input.length == 0 ? new byte[1] : input, algorithm);
                IvParameterSpec iv = name.contains("CTR") ? new IvParameterSpec(new byte[16]) : null;
                return run(name, Cipher.ENCRYPT_MODE, key, iv, new byte[16]);
              }));
    }
    for (String name : List.of("RSA/ECB/NoPadding", "RSA/ECB/PKCS1Padding", "RSA/ECB/OAEPPadding")) {
      targets.add(
          Target.of("public key given to " + name, List.of(material.softwareRsa.getPublic().getEncoded()), refusals,
              input -> {
                Cipher cipher = Cipher.getInstance(name, material.provider);
                cipher.init(Cipher.ENCRYPT_MODE, EncodedKey.ofPublic("RSA", input));
                return null;
              }));
      targets.add(
          Target.of("private key given to " + name, List.of(material.softwareRsa.getPrivate().getEncoded()), refusals,
              input -> {
                Cipher cipher = Cipher.getInstance(name, material.provider);
                cipher.init(Cipher.DECRYPT_MODE, EncodedKey.ofPrivate("RSA", input));
                return null;
              }));
    }
  }

  private void codes() {
    for (String name : List.of("HmacSHA1", "HmacSHA224", "HmacSHA256", "HmacSHA384", "HmacSHA512", "AESCMAC")) {
      SecretKey key = name.equals("AESCMAC") ? material.aes : material.generic;
      targets.add(
          Target.of("data of " + name, List.of(Material.bytes(16_224), Material.bytes(20)),
              Set.of(ProviderException.class),
              input -> {
                Mac mac = Mac.getInstance(name, material.provider);
                mac.init(key);
                mac.doFinal(input);
                return null;
              }));
    }
  }

  private byte[] run(String name, int mode, Key key, AlgorithmParameterSpec parameters, byte[] data) throws Exception {
    Cipher cipher = Cipher.getInstance(name, material.provider);
    cipher.init(mode, key, parameters);
    return cipher.doFinal(data);
  }
}
