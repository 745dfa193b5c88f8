package com.amazonaws.cloudhsm.jce.provider.authentication;

import com.amazonaws.cloudhsm.jce.jni.AuthenticationStrategy;
import javax.security.auth.callback.Callback;

/** Asks a {@code CallbackHandler} how to log in; offered beside a {@code PasswordCallback}. */
public final class AuthenticationStrategyCallback implements Callback {

  private AuthenticationStrategy strategy;

  /**
   * Answers the callback.
   *
   * @param strategy how to log in
   */
  public void setAuthenticationStrategy(AuthenticationStrategy strategy) {
    this.strategy = strategy;
  }

  /**
   * Returns the answer.
   *
   * @return the strategy, or null if the handler set none
   */
  public AuthenticationStrategy getAuthenticationStrategy() {
    return strategy;
  }
}
