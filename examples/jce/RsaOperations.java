import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.Security;
import java.security.Signature;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.security.auth.Destroyable;

/** Encrypts and signs with an RSA key. */
public final class RsaOperations {
  private static final byte[] MESSAGE = "the message".getBytes(StandardCharsets.UTF_8);

  private RsaOperations() {}

  /**
   * Runs.
   *
   * @param args none
   */
  public static void main(String[] args) throws Exception {
    Security.addProvider(new CloudHsmProvider());
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA", CloudHsmProvider.PROVIDER_NAME);
    generator.initialize(2048);
    KeyPair pair = generator.generateKeyPair();
    try {
      encrypt(pair, "RSA/ECB/OAEPWithSHA-256ANDMGF1Padding");
      encrypt(pair, "RSA/ECB/OAEPPadding");
      sign(pair, "SHA512withRSA", null);
      // The PSS names with a hash need no parameters: the salt is as long as the digest.
      sign(pair, "SHA512withRSA/PSS", null);
      // RSASSA-PSS has no hash in its name and needs them.
      sign(pair, "RSASSA-PSS", new PSSParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, 32, 1));
    } finally {
      pair.getPrivate().destroy();
      ((Destroyable) pair.getPublic()).destroy();
    }
  }

  private static void encrypt(KeyPair pair, String transformation) throws Exception {
    Cipher cipher = Cipher.getInstance(transformation, CloudHsmProvider.PROVIDER_NAME);
    cipher.init(Cipher.ENCRYPT_MODE, pair.getPublic());
    byte[] encrypted = cipher.doFinal(MESSAGE);
    cipher.init(Cipher.DECRYPT_MODE, pair.getPrivate());
    if (!Arrays.equals(MESSAGE, cipher.doFinal(encrypted))) {
      throw new IllegalStateException(transformation + ": decryption gave other bytes.");
    }
    System.out.println(transformation + ": " + encrypted.length + " bytes, decrypted");
  }

  private static void sign(KeyPair pair, String algorithm, PSSParameterSpec parameters) throws Exception {
    Signature signer = Signature.getInstance(algorithm, CloudHsmProvider.PROVIDER_NAME);
    if (parameters != null) {
      signer.setParameter(parameters);
    }
    signer.initSign(pair.getPrivate());
    signer.update(MESSAGE);
    byte[] signature = signer.sign();

    signer.initVerify(pair.getPublic());
    signer.update(MESSAGE);
    boolean inside = signer.verify(signature);

    // Whoever gets the message has the public key alone, and verifies in software.
    X509EncodedKeySpec encoded = new X509EncodedKeySpec(pair.getPublic().getEncoded());
    PublicKey exported = KeyFactory.getInstance("RSA", "SunRsaSign").generatePublic(encoded);
    boolean pss = algorithm.endsWith("PSS");
    Signature verifier = Signature.getInstance(pss ? "RSASSA-PSS" : algorithm, "SunRsaSign");
    if (pss) {
      verifier.setParameter(
          parameters != null
              ? parameters
              : new PSSParameterSpec("SHA-512", "MGF1", MGF1ParameterSpec.SHA512, 64, 1));
    }
    verifier.initVerify(exported);
    verifier.update(MESSAGE);
    if (!inside || !verifier.verify(signature)) {
      throw new IllegalStateException(algorithm + ": the signature is wrong.");
    }
    System.out.println(algorithm + ": " + signature.length + " bytes, verified in the HSM and by the JDK");
  }
}
