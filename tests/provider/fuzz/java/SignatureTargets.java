import java.io.IOException;
import java.security.AlgorithmParameters;
import java.security.InvalidAlgorithmParameterException;
import java.security.KeyPair;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Signatures to verify, and data to sign where the HSM sees it as it is. */
final class SignatureTargets {

  private static final Set<Class<? extends Exception>> REFUSALS = Set.of(SignatureException.class);
  private static final List<String> HASHES = List.of("SHA1", "SHA224", "SHA256", "SHA384", "SHA512");

  private final Material material;
  private final List<Target> targets = new ArrayList<>();

  private SignatureTargets(Material material) {
    this.material = material;
  }

  static List<Target> of(Material material) throws Exception {
    SignatureTargets made = new SignatureTargets(material);
    made.add("NONEwithRSA", material.rsa, null);
    made.add("NONEwithECDSA", material.ec, null);
    made.add("NONEwithECDSAinP1363Format", material.ec, null);
    for (String hash : HASHES) {
      made.add(hash + "withRSA", material.rsa, null);
      made.add(hash + "withRSA/PSS", material.rsa, null);
      made.add(hash + "withRSAandMGF1", material.rsa, null);
      made.add(hash + "withECDSA", material.ec, null);
      made.add(hash + "withECDSAinP1363Format", material.ec, null);
    }
    PSSParameterSpec parameters = new PSSParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, 32, 1);
    made.add("RSASSA-PSS", material.rsa, parameters);
    made.add("Ed25519", material.ed25519, null);
    made.add("Ed25519ph", material.ed25519, null);
    made.add("ML-DSA", material.mldsa, null);
    made.add("ML-DSA-EXTERNAL-MU", material.mldsa, null);
    made.rawData("NONEwithRSA", material.rsa);
    made.rawData("NONEwithECDSA", material.ec);
    made.rawData("ML-DSA-EXTERNAL-MU", material.mldsa);
    made.rawData("ML-DSA", material.mldsa);
    made.rawData("Ed25519", material.ed25519);
    made.encodedParameters(parameters);
    return made.targets;
  }

  private void add(String name, KeyPair pair, AlgorithmParameterSpec parameters) throws Exception {
    byte[] data = Material.bytes(64);
    Signature signer = signature(name, parameters);
    signer.initSign(pair.getPrivate());
    signer.update(data);
    targets.add(
        Target.authenticated("signature of " + name, List.of(signer.sign()), REFUSALS,
            input -> {
              Signature verifier = signature(name, parameters);
              verifier.initVerify(pair.getPublic());
              verifier.update(data);
              return verifier.verify(input);
            }));
  }

  private void rawData(String name, KeyPair pair) {
    targets.add(
        Target.of("data of " + name, List.of(Material.bytes(64)), REFUSALS,
            input -> {
              Signature signer = signature(name, null);
              signer.initSign(pair.getPrivate());
              signer.update(input);
              signer.sign();
              return null;
            }));
  }

  private void encodedParameters(PSSParameterSpec parameters) throws Exception {
    AlgorithmParameters valid = AlgorithmParameters.getInstance("RSASSA-PSS");
    valid.init(parameters);
    targets.add(
        Target.of("encoded parameters of RSASSA-PSS", List.of(valid.getEncoded()),
            Set.of(InvalidAlgorithmParameterException.class, SignatureException.class),
            input -> {
              PSSParameterSpec read;
              try {
                AlgorithmParameters encoded = AlgorithmParameters.getInstance("RSASSA-PSS");
                encoded.init(input);
                read = encoded.getParameterSpec(PSSParameterSpec.class);
              } catch (IOException | RuntimeException e) {
                return null;
              }
              Signature signer = signature("RSASSA-PSS", read);
              signer.initSign(material.rsa.getPrivate());
              signer.sign();
              return null;
            }));
  }

  private Signature signature(String name, AlgorithmParameterSpec parameters) throws Exception {
    Signature signature = Signature.getInstance(name, material.provider);
    if (parameters != null) {
      signature.setParameter(parameters);
    }
    return signature;
  }
}
