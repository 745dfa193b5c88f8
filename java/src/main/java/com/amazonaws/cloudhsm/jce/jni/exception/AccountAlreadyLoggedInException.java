package com.amazonaws.cloudhsm.jce.jni.exception;

import javax.security.auth.login.LoginException;

/** A user is already logged in on this provider. */
public final class AccountAlreadyLoggedInException extends LoginException {

  private static final long serialVersionUID = 1L;

  /**
   * Makes the exception.
   *
   * @param message what was refused, why, and what to do
   * @param cause the engine's refusal, or null
   */
  public AccountAlreadyLoggedInException(String message, Throwable cause) {
    super(message);
    initCause(cause);
  }
}
