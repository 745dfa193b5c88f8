import java.security.Key;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Security;
import java.security.Signature;
import java.security.interfaces.ECKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.util.Map;
import java.util.TreeMap;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;

/** Uses every service as a program does that casts keys to their interfaces and names no provider to sign. */
public class Algorithms {
  public static void main(String[] args) throws Exception {
    Map<String, KeyPair> pairs = new TreeMap<>();
    for (String curve : new String[] {"secp224r1", "secp256r1", "secp384r1", "secp521r1", "secp256k1"}) {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", "CloudHSM");
      generator.initialize(new ECGenParameterSpec(curve));
      KeyPair pair = generator.generateKeyPair();
      ECPublicKey key = (ECPublicKey) pair.getPublic();
      require(key.getParams().getOrder().equals(((ECKey) pair.getPrivate()).getParams().getOrder()), "one curve");
      pairs.put(curve, pair);
    }
    KeyPair rsa = KeyPairGenerator.getInstance("RSA", "CloudHSM").generateKeyPair();
    RSAPublicKey modulus = (RSAPublicKey) rsa.getPublic();
    require(modulus.getModulus().equals(((RSAPrivateCrtKey) rsa.getPrivate()).getModulus()), "one modulus");
    pairs.put("RSA", rsa);
    for (Map.Entry<String, KeyPair> pair : pairs.entrySet()) {
      for (Provider.Service service : Security.getProvider("CloudHSM").getServices()) {
        if (service.getType().equals("Signature")
            && service.getAlgorithm().endsWith(pair.getKey().equals("RSA") ? "withRSA" : "withECDSA")) {
          use(service.getAlgorithm(), pair.getValue());
        }
      }
      System.out.println(pair.getKey());
    }
    SecretKey secret = KeyGenerator.getInstance("AES", "CloudHSM").generateKey();
    KeyStore store = KeyStore.getInstance("CloudHSM");
    store.load(null, null);
    store.setKeyEntry("secret", secret, null, null);
    Key found = store.getKey("secret", null);
    require(found instanceof SecretKey && found.equals(secret), "the key itself");
    System.out.println("AES");
  }

  private static void use(String algorithm, KeyPair pair) throws Exception {
    byte[] data = new byte[20];
    Signature signature = Signature.getInstance(algorithm);
    signature.initSign(pair.getPrivate());
    require(signature.getProvider().getName().equals("CloudHSM"), "our provider");
    signature.update(data);
    byte[] signed = signature.sign();
    PublicKey key = pair.getPublic();
    Signature ours = Signature.getInstance(algorithm, "CloudHSM");
    ours.initVerify(key);
    ours.update(data);
    require(ours.verify(signed), algorithm);
  }

  private static void require(boolean condition, String what) {
    if (!condition) {
      throw new AssertionError(what);
    }
  }
}
