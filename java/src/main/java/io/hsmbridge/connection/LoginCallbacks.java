package io.hsmbridge.connection;

import com.amazonaws.cloudhsm.jce.jni.AuthenticationStrategy;
import com.amazonaws.cloudhsm.jce.jni.UserType;
import com.amazonaws.cloudhsm.jce.provider.authentication.AuthenticationStrategyCallback;
import java.io.IOException;
import java.util.Arrays;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.CallbackHandler;
import javax.security.auth.callback.PasswordCallback;
import javax.security.auth.callback.UnsupportedCallbackException;
import javax.security.auth.login.LoginException;

/** Asks a program's {@code CallbackHandler} for credentials. */
public final class LoginCallbacks {

  private static final String HOW_TO =
      " Answer the PasswordCallback with \"user:password\", or the AuthenticationStrategyCallback with a strategy.";

  private LoginCallbacks() {}

  /**
   * Offers a {@code PasswordCallback} first and an {@code AuthenticationStrategyCallback} second; one answer will do.
   *
   * @param handler the program's handler, may be null
   * @return the credentials, which the caller closes
   * @throws LoginException if there is no handler or it gives no usable answer
   */
  public static Credentials ask(CallbackHandler handler) throws LoginException {
    if (handler == null) {
      throw new LoginException(
          "No callback handler: give login() one, call setCallbackHandler before, or set HSM_USER and HSM_PASSWORD"
              + " before the provider is made.");
    }
    PasswordCallback pin = new PasswordCallback("HSM user:password", false);
    AuthenticationStrategyCallback strategy = new AuthenticationStrategyCallback();
    try {
      handle(handler, pin, strategy);
      return strategy.getAuthenticationStrategy() != null
          ? of(strategy.getAuthenticationStrategy())
          : of(pin.getPassword());
    } finally {
      pin.clearPassword();
    }
  }

  private static void handle(CallbackHandler handler, PasswordCallback pin, AuthenticationStrategyCallback strategy)
      throws LoginException {
    try {
      try {
        handler.handle(new Callback[] {pin, strategy});
      } catch (UnsupportedCallbackException e) {
        boolean answered = e.getCallback() == strategy && pin.getPassword() != null;
        if (!answered) {
          handler.handle(new Callback[] {e.getCallback() == strategy ? pin : strategy});
        }
      }
    } catch (IOException | UnsupportedCallbackException e) {
      throw withCause(new LoginException("The callback handler failed: " + e.getMessage() + "." + HOW_TO), e);
    }
  }

  private static Credentials of(AuthenticationStrategy strategy) throws LoginException {
    if (strategy.getUserType() != UserType.CRYPTO_USER) {
      throw new LoginException(
          "The provider logs in crypto users only, not " + strategy.getUserType() + " \"" + strategy.getUserName()
              + "\". Manage users with `hsmbridge user`.");
    }
    return new Credentials(strategy.getUserName(), strategy.getPassword());
  }

  private static Credentials of(char[] pin) throws LoginException {
    if (pin == null) {
      throw new LoginException("The callback handler gave no credentials." + HOW_TO);
    }
    try {
      return Credentials.split(pin)
          .orElseThrow(() -> new LoginException("The PasswordCallback's answer has no colon." + HOW_TO));
    } finally {
      Arrays.fill(pin, '\0');
    }
  }

  private static LoginException withCause(LoginException exception, Throwable cause) {
    exception.initCause(cause);
    return exception;
  }
}
