import com.amazonaws.cloudhsm.jce.jni.AuthenticationStrategy;
import com.amazonaws.cloudhsm.jce.jni.UserType;
import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import com.amazonaws.cloudhsm.jce.provider.authentication.AuthenticationStrategyCallback;
import java.io.IOException;
import java.security.AuthProvider;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.CallbackHandler;
import javax.security.auth.callback.PasswordCallback;
import javax.security.auth.callback.UnsupportedCallbackException;

/**
 * Logs in with an authentication strategy, the newer way, and with a PIN where the provider asks for one.
 *
 * <p>The user and the password come from EXAMPLE_USER and EXAMPLE_PASSWORD; HSM_USER must not be set.
 */
public final class AuthenticationStrategyLogin {
  private AuthenticationStrategyLogin() {}

  /**
   * Runs.
   *
   * @param args none
   */
  public static void main(String[] args) throws Exception {
    AuthProvider provider = new CloudHsmProvider();
    provider.login(null, new StrategyHandler());

    KeyGenerator generator = KeyGenerator.getInstance("AES", provider);
    generator.init(256);
    SecretKey key = generator.generateKey();
    System.out.println("logged in with a strategy and made a key of type " + key.getAlgorithm());
    key.destroy();

    provider.logout();
    System.out.println("logged out");
  }

  /** A provider offers one kind of callback or both; the program answers what it is asked. */
  private static final class StrategyHandler implements CallbackHandler {
    @Override
    public void handle(Callback[] callbacks) throws IOException, UnsupportedCallbackException {
      String user = System.getenv("EXAMPLE_USER");
      String password = System.getenv("EXAMPLE_PASSWORD");
      for (Callback callback : callbacks) {
        if (callback instanceof AuthenticationStrategyCallback) {
          ((AuthenticationStrategyCallback) callback).setAuthenticationStrategy(strategy(user, password));
        } else if (callback instanceof PasswordCallback) {
          ((PasswordCallback) callback).setPassword((user + ":" + password).toCharArray());
        } else {
          throw new UnsupportedCallbackException(callback);
        }
      }
    }

    private static AuthenticationStrategy strategy(String user, String password) throws IOException {
      try {
        return AuthenticationStrategy.createUsernamePasswordStrategy(
            UserType.CRYPTO_USER, user, password.toCharArray());
      } catch (Exception e) {
        throw new IOException("The credentials make no strategy.", e);
      }
    }
  }
}
