import com.amazonaws.cloudhsm.jce.provider.AesCmacKdfFixedInputData;
import com.amazonaws.cloudhsm.jce.provider.AesCmacKdfParameterSpec;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttribute;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import com.amazonaws.cloudhsm.jce.provider.spec.EcdhWithX963KdfParamSpec;
import com.amazonaws.cloudhsm.jce.provider.spec.HkdfParameterSpec;
import com.amazonaws.cloudhsm.jce.provider.spec.HmacKdfFixedInputData;
import com.amazonaws.cloudhsm.jce.provider.spec.HmacKdfParameterSpec;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.InvalidKeySpecException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import javax.crypto.KeyAgreement;
import javax.crypto.SecretKeyFactory;

/** Peers' keys and the fixed input of key derivation functions. */
final class DerivationTargets {

  private static final Set<Class<? extends Exception>> KEY = Set.of(InvalidKeyException.class);
  private static final Set<Class<? extends Exception>> SPEC = Set.of(InvalidKeySpecException.class);

  private final Material material;
  private final List<Target> targets = new ArrayList<>();

  private DerivationTargets(Material material) {
    this.material = material;
  }

  static List<Target> of(Material material) throws Exception {
    DerivationTargets made = new DerivationTargets(material);
    made.peers("ECDH");
    for (String hash : List.of("SHA1", "SHA224", "SHA256", "SHA384", "SHA512")) {
      made.peers("ECDHwithX963" + hash + "KDF");
      made.sharedInfo("ECDHwithX963" + hash + "KDF");
    }
    made.ownKeys();
    made.fixedInput();
    made.labelAndContext();
    made.hkdf();
    return made.targets;
  }

  private void peers(String name) {
    targets.add(
        Target.of("peer of " + name, List.of(material.softwareEc.getPublic().getEncoded()), KEY,
            input -> derived(name, size(256), input)));
  }

  private void ownKeys() {
    targets.add(
        Target.of("private key given to ECDH", List.of(material.softwareEc.getPrivate().getEncoded()), KEY,
            input -> {
              KeyAgreement agreement = KeyAgreement.getInstance("ECDH", material.provider);
              agreement.init(EncodedKey.ofPrivate("EC", input));
              return null;
            }));
  }

  private void sharedInfo(String name) {
    byte[] peer = material.softwareEc.getPublic().getEncoded();
    targets.add(
        Target.of("shared info of " + name, List.of(Material.bytes(30)), KEY,
            input -> derived(name, new EcdhWithX963KdfParamSpec(input, size(256)), peer)));
  }

  private Key derived(String name, AlgorithmParameterSpec parameters, byte[] peer) throws Exception {
    KeyAgreement agreement = KeyAgreement.getInstance(name, material.provider);
    agreement.init(material.ec.getPrivate(), parameters);
    agreement.doPhase(EncodedKey.ofPublic("EC", peer), true);
    return agreement.generateSecret("AES");
  }

  private void fixedInput() {
    for (int bits : new int[] {8, 16, 24, 32}) {
      targets.add(
          Target.of("fixed input of the AES-CMAC KDF with " + bits + " bits", List.of(Material.bytes(30)), SPEC,
              input ->
                  SecretKeyFactory.getInstance("AES", material.provider)
                      .generateSecret(
                          new AesCmacKdfParameterSpec(
                              size(256), new AesCmacKdfFixedInputData(bits, input, input), material.aes))));
    }
  }

  private void labelAndContext() {
    for (int bits : new int[] {16, 32}) {
      targets.add(
          Target.of("label and context of the HMAC KDF with " + bits + " bits", List.of(Material.bytes(30)), SPEC,
              input ->
                  SecretKeyFactory.getInstance("AES", material.provider)
                      .generateSecret(
                          new HmacKdfParameterSpec(
                              size(256), "SHA-256", new HmacKdfFixedInputData(bits, input, input, bits),
                              material.generic))));
    }
  }

  private void hkdf() {
    for (String hash : List.of("SHA-1", "SHA-256", "SHA-512")) {
      targets.add(
          Target.of("salt and info of HKDF with " + hash, List.of(Material.bytes(30)), SPEC,
              input ->
                  SecretKeyFactory.getInstance("AES", material.provider)
                      .generateSecret(new HkdfParameterSpec(hash, input, input, size(256), material.generic))));
    }
  }

  static KeyAttributesMap size(int bits) throws Exception {
    KeyAttributesMap attributes = new KeyAttributesMap();
    attributes.put(KeyAttribute.SIZE, bits);
    return attributes;
  }
}
