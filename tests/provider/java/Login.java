import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import java.security.AuthProvider;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.Provider;
import java.security.Security;
import java.security.Signature;
import javax.crypto.KeyGenerator;

/** Prints what login with system credentials does, step by step as its arguments name them. */
public class Login {
  public static void main(String[] steps) throws Exception {
    for (String step : steps) {
      String[] words = step.split("=", 2);
      try {
        System.out.println(step + ": " + run(words[0], words.length > 1 ? words[1] : ""));
      } catch (Exception e) {
        System.out.println(step + ": " + e.getClass().getName() + ": " + e.getMessage());
      }
    }
  }

  private static String run(String step, String value) throws Exception {
    AuthProvider registered = (AuthProvider) Security.getProvider("CloudHSM");
    switch (step) {
      case "user":
        System.setProperty("HSM_USER", value);
        return "set";
      case "password":
        System.setProperty("HSM_PASSWORD", value);
        return "set";
      case "password-in":
        System.setProperty("HSM_PASSWORD", System.getenv(value));
        return "set";
      case "keep":
        KeyStore store = KeyStore.getInstance("CloudHSM");
        store.load(null, null);
        store.setKeyEntry(value, KeyGenerator.getInstance("AES", "CloudHSM").generateKey(), null, null);
        store.store(null, null);
        return "kept";
      case "login":
        registered.login(null, callbacks -> {});
        return "logged in";
      case "logout":
        registered.logout();
        return "logged out";
      case "new":
        Provider made = new CloudHsmProvider();
        boolean added = Security.addProvider(made) > 0;
        return "shares keys " + sharesKeys(made) + ", is added " + added;
      default:
        throw new IllegalArgumentException(step);
    }
  }

  private static boolean sharesKeys(Provider made) throws GeneralSecurityException {
    KeyPair pair = KeyPairGenerator.getInstance("EC", made).generateKeyPair();
    Signature signature = Signature.getInstance("SHA256withECDSA");
    try {
      signature.initSign(pair.getPrivate());
      return signature.sign().length > 60;
    } catch (GeneralSecurityException e) {
      return false;
    }
  }
}
