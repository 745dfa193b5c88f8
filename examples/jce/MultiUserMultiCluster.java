import com.amazonaws.cloudhsm.jce.provider.CloudHsmCluster;
import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import com.amazonaws.cloudhsm.jce.provider.CloudHsmProviderConfig;
import com.amazonaws.cloudhsm.jce.provider.CloudHsmServer;
import com.amazonaws.cloudhsm.jce.provider.OptionalParameters;
import java.nio.charset.StandardCharsets;
import java.security.AuthProvider;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Provider;
import java.security.Security;
import java.security.Signature;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import javax.security.auth.Destroyable;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.CallbackHandler;
import javax.security.auth.callback.PasswordCallback;

/**
 * Two providers at once, each with a cluster and a user of its own.
 *
 * <p>FIRST_CLUSTER, FIRST_USER and FIRST_PASSWORD, and the same with SECOND, say which; FIRST_ADDRESS is the address of
 * one of the cluster's HSMs. HSM_USER must not be set.
 */
public final class MultiUserMultiCluster {
  private static final byte[] MESSAGE = "sixteen bytes it".getBytes(StandardCharsets.UTF_8);

  private MultiUserMultiCluster() {}

  /**
   * Runs.
   *
   * @param args none
   */
  public static void main(String[] args) throws Exception {
    if (System.getenv("HSM_USER") != null || System.getProperty("HSM_USER") != null) {
      throw new IllegalStateException("Unset HSM_USER and HSM_PASSWORD: each provider has a login of its own.");
    }
    AuthProvider first = connect("FIRST");
    AuthProvider second = connect("SECOND");
    Security.addProvider(first);
    Security.addProvider(second);

    // A provider is named by its cluster, or handed over itself.
    encrypt(Security.getProvider(first.getName()));
    encrypt(second);
    sign(first);
    sign(second);
    keepApart(first, second);

    first.logout();
    second.logout();
  }

  private static AuthProvider connect(String prefix) throws Exception {
    CloudHsmServer server = CloudHsmServer.builder().withHostIP(variable(prefix + "_ADDRESS")).build();
    CloudHsmCluster cluster =
        CloudHsmCluster.builder()
            .withClusterUniqueIdentifier(variable(prefix + "_CLUSTER"))
            .withHsmCAFilePath("/opt/cloudhsm/etc/customerCA.crt")
            .withOptions(OptionalParameters.VALIDATE_KEY_AT_INIT, false)
            .withServer(server)
            .build();
    CloudHsmProviderConfig config = CloudHsmProviderConfig.builder().withCluster(cluster).build();
    AuthProvider provider = new CloudHsmProvider(config);
    char[] pin = (variable(prefix + "_USER") + ":" + variable(prefix + "_PASSWORD")).toCharArray();
    provider.login(null, new PinHandler(pin));
    Arrays.fill(pin, '\0');
    System.out.println("logged in to " + provider.getName());
    return provider;
  }

  private static String variable(String name) {
    String value = System.getenv(name);
    if (value == null) {
      throw new IllegalStateException("Set the environment variable " + name + ".");
    }
    return value;
  }

  private static void encrypt(Provider provider) throws Exception {
    SecretKey key = KeyGenerator.getInstance("DESede", provider).generateKey();
    roundTrip(provider, "DESede/ECB/PKCS5Padding", key, key);
    key.destroy();
  }

  private static void sign(Provider provider) throws Exception {
    KeyPair pair = generate(provider);
    roundTrip(provider, "RSA/ECB/OAEPPadding", pair.getPublic(), pair.getPrivate());

    // One object, first to sign and then to verify.
    Signature signature = Signature.getInstance("SHA512withRSA", provider);
    signature.initSign(pair.getPrivate());
    signature.update(MESSAGE);
    byte[] signed = signature.sign();
    signature.initVerify(pair.getPublic());
    signature.update(MESSAGE);
    if (!signature.verify(signed)) {
      throw new IllegalStateException("The signature is wrong.");
    }
    System.out.println(provider.getName() + ": SHA512withRSA, verified");
    destroy(pair);
  }

  private static void roundTrip(Provider provider, String transformation, Key in, Key out)
      throws Exception {
    Cipher cipher = Cipher.getInstance(transformation, provider);
    cipher.init(Cipher.ENCRYPT_MODE, in);
    byte[] encrypted = cipher.doFinal(MESSAGE);
    cipher.init(Cipher.DECRYPT_MODE, out);
    if (!Arrays.equals(MESSAGE, cipher.doFinal(encrypted))) {
      throw new IllegalStateException(transformation + ": decryption gave other bytes.");
    }
    System.out.println(provider.getName() + ": " + transformation + ", decrypted");
  }

  /** A key belongs to the provider that made it; no other knows it. */
  private static void keepApart(Provider first, Provider second) throws Exception {
    KeyPair pair = generate(first);
    try {
      Signature signature = Signature.getInstance("SHA512withRSA", second);
      signature.initSign(pair.getPrivate());
      throw new IllegalStateException("A key of one cluster was used in the other.");
    } catch (InvalidKeyException e) {
      System.out.println("a key of " + first.getName() + " in " + second.getName() + ": refused");
    } finally {
      destroy(pair);
    }
  }

  private static KeyPair generate(Provider provider) throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA", provider);
    generator.initialize(2048);
    return generator.generateKeyPair();
  }

  private static void destroy(KeyPair pair) throws Exception {
    pair.getPrivate().destroy();
    ((Destroyable) pair.getPublic()).destroy();
  }

  private static final class PinHandler implements CallbackHandler {
    private final char[] pin;

    PinHandler(char[] pin) {
      this.pin = pin;
    }

    @Override
    public void handle(Callback[] callbacks) {
      for (Callback callback : callbacks) {
        if (callback instanceof PasswordCallback) {
          ((PasswordCallback) callback).setPassword(pin);
        }
      }
    }
  }
}
