import java.security.InvalidKeyException;
import java.security.Key;
import java.security.spec.AlgorithmParameterSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** Wrapped keys: changed from the outside, and rightly wrapped nonsense. */
final class UnwrapTargets {

  private static final Set<Class<? extends Exception>> REFUSALS = Set.of(InvalidKeyException.class);

  private final Material material;
  private final List<Target> targets = new ArrayList<>();

  private UnwrapTargets(Material material) {
    this.material = material;
  }

  static List<Target> of(Material material) throws Exception {
    UnwrapTargets made = new UnwrapTargets(material);
    for (String padding : List.of("NoPadding", "PKCS5Padding", "ZeroPadding")) {
      made.wrapped("AESWrap/ECB/" + padding, material.aes, material.aes, true);
    }
    made.wrapped("AES/GCM/NoPadding", material.aes, material.aes, true);
    made.wrapped("RSA/ECB/PKCS1Padding", material.rsa.getPublic(), material.rsa.getPrivate(), false);
    for (String transformation : List.of("RSA/ECB/", "RSAAESWrap/ECB/")) {
      made.wrapped(transformation + "OAEPPadding", material.rsa.getPublic(), material.rsa.getPrivate(), true);
      for (String hash : List.of("1", "224", "256", "384", "512")) {
        String name = transformation + "OAEPWithSHA-" + hash + "ANDMGF1Padding";
        made.wrapped(name, material.rsa.getPublic(), material.rsa.getPrivate(), true);
      }
    }
    made.cbc();
    made.payloads();
    return made.targets;
  }

  private void wrapped(String transformation, Key wrapping, Key unwrapping, boolean authenticated) throws Exception {
    Map<String, Key> payloads = new LinkedHashMap<>();
    payloads.put("AES", material.aes);
    payloads.put("DESede", material.desede);
    payloads.put("GenericSecret", material.generic);
    if (!transformation.startsWith("RSA/") && !transformation.endsWith("/NoPadding")) {
      payloads.put("RSA", material.rsa.getPrivate());
      payloads.put("EC", material.ec.getPrivate());
      payloads.put("Ed25519", material.ed25519.getPrivate());
      payloads.put("ML-DSA", material.mldsa.getPrivate());
    }
    for (Map.Entry<String, Key> payload : payloads.entrySet()) {
      Cipher cipher = Cipher.getInstance(transformation, material.provider);
      cipher.init(Cipher.WRAP_MODE, wrapping);
      List<byte[]> valid = List.of(cipher.wrap(payload.getValue()));
      AlgorithmParameterSpec parameters =
          transformation.contains("GCM") ? new GCMParameterSpec(128, cipher.getIV()) : null;
      String name = "unwrap " + payload.getKey() + " with " + transformation;
      Target.Attempt attempt = input -> unwrap(transformation, unwrapping, parameters, input, payload.getKey());
      // Also when it is no valid key for another reason, nothing forged may become a key.
      targets.add(
          authenticated
              ? Target.authenticated(name, valid, REFUSALS, attempt) : Target.of(name, valid, REFUSALS, attempt));
    }
  }

  private Key unwrap(
      String transformation, Key key, AlgorithmParameterSpec parameters, byte[] input, String algorithm)
      throws Exception {
    Cipher cipher = Cipher.getInstance(transformation, material.provider);
    cipher.init(Cipher.UNWRAP_MODE, key, parameters);
    boolean isSecret = Set.of("AES", "DESede", "GenericSecret").contains(algorithm);
    return cipher.unwrap(input, algorithm, isSecret ? Cipher.SECRET_KEY : Cipher.PRIVATE_KEY);
  }

  private void cbc() {
    for (String algorithm : List.of("AES", "DESede", "GenericSecret", "RSA", "EC", "Ed25519", "ML-DSA")) {
      targets.add(
          Target.of(
              "unwrap " + algorithm + " with AES/CBC/NoPadding", List.of(Material.bytes(16), Material.bytes(32)),
              REFUSALS,
              input ->
                  unwrap(
                      "AES/CBC/NoPadding", material.aes, new IvParameterSpec(new byte[16]), input, algorithm)));
    }
  }

  /** Values that are wrapped rightly, so that the HSM sees them. */
  private void payloads() {
    Map<String, byte[]> values = new LinkedHashMap<>();
    values.put("AES", Material.bytes(32));
    values.put("DESede", Material.bytes(24));
    values.put("GenericSecret", Material.bytes(50));
    values.put("RSA", material.softwareRsa.getPrivate().getEncoded());
    values.put("EC", material.softwareEc.getPrivate().getEncoded());
    values.put("Ed25519", material.softwareEd25519.getPrivate().getEncoded());
    values.put("ML-DSA", material.encodedMldsa);
    values.forEach(
        (algorithm, value) ->
            targets.add(
                Target.of(
                    "a value for " + algorithm + " in AESWrap/ECB/ZeroPadding", List.of(value), REFUSALS,
                    input ->
                        unwrap("AESWrap/ECB/ZeroPadding", material.aes, null, wrappedInSoftware(input), algorithm))));
  }

  private byte[] wrappedInSoftware(byte[] value) throws Exception {
    if (value.length == 0) {
      return value;
    }
    Cipher cipher = Cipher.getInstance("AES/KWP/NoPadding", "SunJCE");
    cipher.init(Cipher.WRAP_MODE, material.softwareAes);
    return cipher.wrap(new SecretKeySpec(value, "Any"));
  }
}
