package com.amazonaws.cloudhsm.jce.jni.exception;

import javax.security.auth.login.LoginException;

/** The account is locked after too many wrong passwords. */
public final class AccountLockedException extends LoginException {

  private static final long serialVersionUID = 1L;

  /**
   * Makes the exception.
   *
   * @param message what was refused, why, and what to do
   * @param cause the engine's refusal, or null
   */
  public AccountLockedException(String message, Throwable cause) {
    super(message);
    initCause(cause);
  }
}
