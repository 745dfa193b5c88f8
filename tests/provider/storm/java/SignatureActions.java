import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Security;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.EdDSAParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.List;
import java.util.Map;

/** Signs and verifies, against SunRsaSign, SunEC and, where the JDK has ML-DSA, SUN. */
final class SignatureActions {

  private static final List<String> DIGESTS = List.of("NONE", "SHA1", "SHA224", "SHA256", "SHA384", "SHA512");
  private static final boolean JDK_HAS_MLDSA = Security.getProvider("SUN").getService("Signature", "ML-DSA") != null;

  private SignatureActions() {}

  static void addTo(Map<String, Action> table) {
    for (String digest : DIGESTS) {
      table.put("Signature." + digest + "withRSA", task -> pkcs1(task, digest + "withRSA"));
      for (String format : List.of("", "inP1363Format")) {
        String ecdsa = digest + "withECDSA" + format;
        table.put("Signature." + ecdsa, task -> ecdsa(task, ecdsa));
      }
      if (!digest.equals("NONE")) {
        String hash = digest.replace("SHA", "SHA-");
        table.put("Signature." + digest + "withRSA/PSS", task -> pss(task, digest + "withRSA/PSS", hash));
        table.put("Signature." + digest + "withRSAandMGF1", task -> pss(task, digest + "withRSAandMGF1", hash));
      }
    }
    table.put("Signature.RSASSA-PSS", task -> pss(task, "RSASSA-PSS", task.pick(CipherActions.HASHES)));
    table.put("Signature.Ed25519", task -> edwards(task, "Ed25519", null));
    table.put("Signature.Ed25519ph", task -> edwards(task, "Ed25519ph", new EdDSAParameterSpec(true)));
    table.put("Signature.ML-DSA", SignatureActions::mldsa);
    for (int i = 0; i < 3; i++) {
      int set = i;
      String name = List.of("ML-DSA-44", "ML-DSA-65", "ML-DSA-87").get(set);
      table.put("Signature." + name, task -> ownOnly(task, name, task.stock.mldsa.subList(set, set + 1), 100));
    }
    table.put("Signature.ML-DSA-EXTERNAL-MU", task -> ownOnly(task, "ML-DSA-EXTERNAL-MU", task.stock.mldsa, 64));
  }

  private static void pkcs1(Task task, String name) throws Exception {
    Twins.Pair pair = task.pick(task.stock.rsa);
    byte[] data = name.startsWith("NONE") ? task.bytes(task.random.nextInt(246)) : task.data(70_000);
    byte[] signed = sign(task, name, pair, null, data);
    String software = name.startsWith("NONE") ? "SunJCE" : "SunRsaSign";
    if (software.equals("SunRsaSign")) {
      Task.same(name, sign(software, name, pair.software.getPrivate(), data), signed);
    }
    verifyBoth(task, software, name, name, pair, null, data, signed);
  }

  private static void pss(Task task, String name, String hash) throws Exception {
    Twins.Pair pair = task.pick(task.stock.rsa);
    PSSParameterSpec parameters =
        new PSSParameterSpec(hash, "MGF1", new MGF1ParameterSpec(hash), CipherActions.hashLength(hash), 1);
    byte[] data = task.data(70_000);
    byte[] signed = sign(task, name, pair, name.equals("RSASSA-PSS") || task.oneIn(2) ? parameters : null, data);
    verifyBoth(task, "SunRsaSign", "RSASSA-PSS", name, pair, parameters, data, signed);
  }

  private static void ecdsa(Task task, String name) throws Exception {
    Twins.Pair pair = task.pick(task.stock.ec);
    byte[] data = name.startsWith("NONE") ? task.bytes(1 + task.random.nextInt(64)) : task.data(70_000);
    byte[] signed = sign(task, name, pair, null, data);
    verifyBoth(task, "SunEC", name, name, pair, null, data, signed);
    if (task.oneIn(3)) {
      ownOnly(task, name, task.stock.otherCurves, name.startsWith("NONE") ? 32 : 100);
    }
  }

  private static void edwards(Task task, String name, EdDSAParameterSpec parameters) throws Exception {
    Twins.Pair pair = task.pick(task.stock.edwards);
    byte[] data = task.data(70_000);
    Signature software = Signature.getInstance("Ed25519", "SunEC");
    if (parameters != null) {
      software.setParameter(parameters);
    }
    software.initSign(pair.software.getPrivate());
    software.update(data);
    byte[] signed = sign(task, name, pair, null, data);
    Task.same(name, software.sign(), signed);
    verifyBoth(task, "SunEC", "Ed25519", name, pair, parameters, data, signed);
  }

  private static void mldsa(Task task) throws Exception {
    byte[] data = task.data(9_000);
    KeyPair pair = task.pick(task.stock.mldsa);
    byte[] signed = sign(task.provider.getName(), "ML-DSA", pair.getPrivate(), data);
    verifyOwn(task, "ML-DSA", pair.getPublic(), null, data, signed);
    if (JDK_HAS_MLDSA) {
      X509EncodedKeySpec encoded = new X509EncodedKeySpec(pair.getPublic().getEncoded());
      PublicKey software = KeyFactory.getInstance("ML-DSA", "SUN").generatePublic(encoded);
      Task.require(verifies("SUN", "ML-DSA", software, null, data, signed), "SUN refuses an ML-DSA signature.");
      verifyOwn(task, "ML-DSA", software, null, data, signed);
    }
  }

  private static void ownOnly(Task task, String name, List<KeyPair> pairs, int length) throws Exception {
    KeyPair pair = task.pick(pairs);
    byte[] data = task.bytes(length);
    byte[] signed = sign(task.provider.getName(), name, pair.getPrivate(), data);
    verifyOwn(task, name, pair.getPublic(), null, data, signed);
  }

  private static byte[] sign(Task task, String name, Twins.Pair pair, AlgorithmParameterSpec parameters, byte[] data)
      throws Exception {
    Signature signature = Signature.getInstance(name, task.provider);
    if (parameters != null) {
      signature.setParameter(parameters);
    }
    signature.initSign(task.seldomOther(pair.own.getPrivate(), pair.software.getPrivate()));
    int first = task.random.nextInt(data.length + 1);
    signature.update(data, 0, first);
    signature.update(data, first, data.length - first);
    return signature.sign();
  }

  private static void verifyBoth(
      Task task, String softwareProvider, String softwareName, String name, Twins.Pair pair,
      AlgorithmParameterSpec parameters, byte[] data, byte[] signed)
      throws Exception {
    if (!softwareProvider.equals("SunJCE")) {
      Task.require(
          verifies(softwareProvider, softwareName, pair.software.getPublic(), parameters, data, signed),
          softwareProvider + " refuses a signature of " + name + ".");
    }
    AlgorithmParameterSpec given = parameters instanceof PSSParameterSpec ? parameters : null;
    verifyOwn(task, name, task.either(pair.own.getPublic(), pair.software.getPublic()), given, data, signed);
  }

  private static void verifyOwn(
      Task task, String name, PublicKey key, AlgorithmParameterSpec parameters, byte[] data, byte[] signed)
      throws Exception {
    String provider = task.provider.getName();
    Task.require(verifies(provider, name, key, parameters, data, signed), name + ": a right signature is refused.");
    byte[] changed = signed.clone();
    changed[task.random.nextInt(changed.length)] ^= (byte) (1 << task.random.nextInt(8));
    boolean accepted;
    try {
      accepted = verifies(provider, name, key, parameters, data, changed);
    } catch (SignatureException e) {
      accepted = false;
    }
    Task.require(!accepted, name + ": a changed signature is accepted.");
  }

  static byte[] sign(String provider, String name, PrivateKey key, byte[] data) throws Exception {
    Signature signature = Signature.getInstance(name, provider);
    signature.initSign(key);
    signature.update(data);
    return signature.sign();
  }

  static boolean verifies(
      String provider, String name, PublicKey key, AlgorithmParameterSpec parameters, byte[] data, byte[] signed)
      throws Exception {
    Signature signature = Signature.getInstance(name, provider);
    if (parameters != null) {
      signature.setParameter(parameters);
    }
    signature.initVerify(key);
    signature.update(data);
    return signature.verify(signed);
  }
}
