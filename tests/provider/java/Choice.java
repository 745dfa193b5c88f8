import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Security;
import java.security.Signature;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.KeyAgreement;
import javax.crypto.KeyGenerator;
import javax.crypto.Mac;
import javax.crypto.SecretKey;

/**
 * Names no provider when it uses keys, and prints which one JCA took: for keys of the HSM, and for software keys.
 *
 * <p>The argument is the place of CloudHSM in the list of providers, {@code first} or {@code last}.
 */
public final class Choice {
  private static final byte[] DATA = new byte[32];
  private static final PSSParameterSpec PSS =
      new PSSParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, 32, 1);

  private final String maker;

  private Choice(String maker) {
    this.maker = maker;
  }

  public static void main(String[] args) throws Exception {
    if (args[0].equals("first")) {
      Security.insertProviderAt(new CloudHsmProvider(), 1);
    }
    for (String maker : new String[] {"CloudHSM", "JDK"}) {
      Choice choice = new Choice(maker);
      choice.signatures();
      choice.ciphers();
      choice.codes();
      choice.agreements();
    }
  }

  private void signatures() throws Exception {
    KeyPair rsa = pair("RSA", null);
    KeyPair ec = pair("EC", new ECGenParameterSpec("secp256r1"));
    sign("SHA256withRSA", rsa, null);
    sign("RSASSA-PSS", rsa, PSS);
    sign("SHA256withECDSA", ec, null);
    sign("SHA256withECDSAinP1363Format", ec, null);
    sign("Ed25519", pair("Ed25519", null), null);
    cipher("RSA/ECB/PKCS1Padding", rsa.getPublic(), rsa.getPrivate());
    cipher("RSA/ECB/OAEPWithSHA-256AndMGF1Padding", rsa.getPublic(), rsa.getPrivate());
  }

  private void ciphers() throws Exception {
    SecretKey aes = secret("AES", 256);
    for (String mode : new String[] {"CBC/PKCS5Padding", "CTR/NoPadding", "ECB/NoPadding", "GCM/NoPadding"}) {
      cipher("AES/" + mode, aes, aes);
    }
    SecretKey des = secret("DESede", maker.equals("JDK") ? 168 : 192);
    cipher("DESede/CBC/PKCS5Padding", des, des);
  }

  private void codes() throws Exception {
    for (String algorithm : new String[] {"HmacSHA1", "HmacSHA256", "HmacSHA512"}) {
      Mac mac = Mac.getInstance(algorithm);
      mac.init(secret(algorithm, 256));
      mac.doFinal(DATA);
      print("Mac", algorithm, mac.getProvider());
    }
  }

  private void agreements() throws Exception {
    KeyPair own = pair("EC", new ECGenParameterSpec("secp256r1"));
    KeyAgreement agreement = KeyAgreement.getInstance("ECDH");
    try {
      agreement.init(own.getPrivate());
      agreement.doPhase(pair("EC", new ECGenParameterSpec("secp256r1")).getPublic(), true);
    } catch (GeneralSecurityException e) {
      System.out.println(e);
    }
    print("KeyAgreement", "ECDH", agreement.getProvider());
  }

  private String provider(String jdks) {
    return maker.equals("JDK") ? jdks : maker;
  }

  private KeyPair pair(String algorithm, AlgorithmParameterSpec parameters) throws Exception {
    KeyPairGenerator generator =
        KeyPairGenerator.getInstance(algorithm, provider(algorithm.equals("RSA") ? "SunRsaSign" : "SunEC"));
    if (algorithm.equals("RSA")) {
      generator.initialize(2048);
    } else if (parameters != null) {
      generator.initialize(parameters);
    }
    return generator.generateKeyPair();
  }

  private SecretKey secret(String algorithm, int bits) throws Exception {
    KeyGenerator generator = KeyGenerator.getInstance(algorithm, provider("SunJCE"));
    generator.init(bits);
    return generator.generateKey();
  }

  private void sign(String algorithm, KeyPair pair, PSSParameterSpec parameters) throws Exception {
    Signature signer = Signature.getInstance(algorithm);
    PrivateKey key = pair.getPrivate();
    signer.initSign(key);
    if (parameters != null) {
      signer.setParameter(parameters);
    }
    signer.update(DATA);
    byte[] signed = signer.sign();
    print("Signature", algorithm, signer.getProvider());

    PublicKey other = pair.getPublic();
    Signature verifier = Signature.getInstance(algorithm);
    verifier.initVerify(other);
    if (parameters != null) {
      verifier.setParameter(parameters);
    }
    verifier.update(DATA);
    if (!verifier.verify(signed)) {
      throw new IllegalStateException(algorithm);
    }
  }

  private void cipher(String transformation, Key in, Key out) throws Exception {
    Cipher encrypt = Cipher.getInstance(transformation);
    encrypt.init(Cipher.ENCRYPT_MODE, in);
    byte[] encrypted = encrypt.doFinal(DATA);
    Cipher decrypt = Cipher.getInstance(transformation);
    decrypt.init(Cipher.DECRYPT_MODE, out, encrypt.getParameters());
    if (!Arrays.equals(DATA, decrypt.doFinal(encrypted))) {
      throw new IllegalStateException(transformation);
    }
    print("Cipher", transformation, decrypt.getProvider());
  }

  private void print(String type, String algorithm, Provider provider) {
    System.out.println(maker + " " + type + " " + algorithm + " " + provider.getName());
  }
}
