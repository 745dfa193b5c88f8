import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import com.amazonaws.cloudhsm.jce.provider.attributes.EcParams;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttribute;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyPairAttributesMapBuilder;
import com.amazonaws.cloudhsm.jce.provider.spec.EcdhWithX963KdfParamSpec;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Security;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.KeyAgreement;
import javax.crypto.SecretKey;
import javax.crypto.spec.IvParameterSpec;
import javax.security.auth.Destroyable;

/** Two parties agree on an AES key with ECDH and the KDF of ANSI X9.63; the secret never leaves the HSM. */
public final class EcdhX963 {
  private static final byte[] SHARED_INFO = "both sides know this".getBytes(StandardCharsets.UTF_8);

  private EcdhX963() {}

  /**
   * Runs.
   *
   * @param args none
   */
  public static void main(String[] args) throws Exception {
    Security.addProvider(new CloudHsmProvider());
    KeyPair alice = generate("alice");
    KeyPair bob = generate("bob");
    try {
      SecretKey one = agree(alice.getPrivate(), bob.getPublic());
      SecretKey other = agree(bob.getPrivate(), alice.getPublic());
      boolean same = Arrays.equals(encrypt(one), encrypt(other));
      System.out.println("agreed on " + one.getAlgorithm() + ", encoded " + one.getEncoded() + ", same key: " + same);
      one.destroy();
      other.destroy();
      if (!same) {
        throw new IllegalStateException("The two sides have different keys.");
      }
    } finally {
      destroy(alice);
      destroy(bob);
    }
  }

  private static KeyPair generate(String who) throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", CloudHsmProvider.PROVIDER_NAME);
    generator.initialize(
        new KeyPairAttributesMapBuilder()
            .withPublic(KeyAttribute.EC_PARAMS, EcParams.EC_CURVE_PRIME384)
            .withPublic(KeyAttribute.LABEL, who + ":Public")
            .withPrivate(KeyAttribute.LABEL, who + ":Private")
            .withPrivate(KeyAttribute.DERIVE, true)
            .build());
    return generator.generateKeyPair();
  }

  private static SecretKey agree(PrivateKey own, PublicKey peer) throws Exception {
    KeyAttributesMap attributes = new KeyAttributesMap();
    attributes.put(KeyAttribute.LABEL, "agreed");
    attributes.put(KeyAttribute.SIZE, 256);
    attributes.put(KeyAttribute.EXTRACTABLE, false);
    KeyAgreement agreement = KeyAgreement.getInstance("ECDHwithX963SHA256KDF", CloudHsmProvider.PROVIDER_NAME);
    agreement.init(own, new EcdhWithX963KdfParamSpec(SHARED_INFO, attributes));
    agreement.doPhase(peer, true);
    return agreement.generateSecret("AES");
  }

  private static byte[] encrypt(SecretKey key) throws Exception {
    Cipher cipher = Cipher.getInstance("AES/CBC/NoPadding", CloudHsmProvider.PROVIDER_NAME);
    cipher.init(Cipher.ENCRYPT_MODE, key, new IvParameterSpec(new byte[16]));
    return cipher.doFinal(new byte[16]);
  }

  private static void destroy(KeyPair pair) throws Exception {
    pair.getPrivate().destroy();
    ((Destroyable) pair.getPublic()).destroy();
  }
}
