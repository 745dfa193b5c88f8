import com.amazonaws.cloudhsm.jce.jni.exception.AccountAlreadyLoggedInException;
import com.amazonaws.cloudhsm.jce.jni.exception.AccountLockedException;
import com.amazonaws.cloudhsm.jce.jni.exception.AuthenticationException;
import com.amazonaws.cloudhsm.jce.jni.exception.AuthenticationExceptionCause;
import com.amazonaws.cloudhsm.jce.jni.exception.FailedLoginException;
import com.amazonaws.cloudhsm.jce.jni.exception.ProviderInitializationException;
import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import java.io.IOException;
import java.security.AuthProvider;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.KeyGenerator;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.CallbackHandler;
import javax.security.auth.callback.PasswordCallback;
import javax.security.auth.login.LoginException;

/**
 * Logs in and out in the program's own code, and shows each way in which that fails.
 *
 * <p>The user and the password come from EXAMPLE_USER and EXAMPLE_PASSWORD. HSM_USER and HSM_PASSWORD must not be set:
 * the provider would log in with them, and then an explicit login is unavailable.
 */
public final class LoginExample {
  private LoginExample() {}

  /**
   * Runs.
   *
   * @param args none
   */
  public static void main(String[] args) throws Exception {
    if (System.getenv("HSM_USER") != null || System.getProperty("HSM_USER") != null) {
      throw new IllegalStateException("Unset HSM_USER and HSM_PASSWORD: this program logs in itself.");
    }
    String user = System.getenv("EXAMPLE_USER");
    AuthProvider provider = connect();

    System.out.println("before login: " + generate(provider));
    System.out.println("wrong password: " + logIn(provider, user + ":not-the-password"));
    System.out.println("right password: " + logIn(provider, user + ":" + System.getenv("EXAMPLE_PASSWORD")));
    System.out.println("once more: " + logIn(provider, user + ":" + System.getenv("EXAMPLE_PASSWORD")));
    System.out.println("logged in: " + generate(provider));

    // The key just made was a session key: it is gone from here on.
    provider.logout();
    System.out.println("after logout: " + generate(provider));
  }

  private static AuthProvider connect() {
    try {
      return new CloudHsmProvider();
    } catch (IOException | ProviderInitializationException | LoginException e) {
      throw new IllegalStateException("The provider cannot connect; is it configured?", e);
    }
  }

  private static String logIn(AuthProvider provider, String pin) {
    char[] characters = pin.toCharArray();
    try {
      provider.login(null, new PinHandler(characters));
      return "logged in";
    } catch (AccountAlreadyLoggedInException e) {
      return "somebody is logged in already";
    } catch (AccountLockedException e) {
      return "the account is locked; an admin unlocks it";
    } catch (FailedLoginException e) {
      return "refused";
    } catch (LoginException e) {
      throw new IllegalStateException(e);
    } finally {
      Arrays.fill(characters, '\0');
    }
  }

  private static String generate(AuthProvider provider) throws GeneralSecurityException {
    KeyGenerator generator = KeyGenerator.getInstance("AES", provider);
    generator.init(256);
    try {
      return "made a key of type " + generator.generateKey().getAlgorithm();
    } catch (AuthenticationException e) {
      if (e.getCloudHsmExceptionCause() == AuthenticationExceptionCause.UNAUTHENTICATED) {
        return "nobody is logged in";
      }
      throw e;
    }
  }

  /** Answers the provider's question for the PIN, which is the user's name, a colon and the password. */
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
