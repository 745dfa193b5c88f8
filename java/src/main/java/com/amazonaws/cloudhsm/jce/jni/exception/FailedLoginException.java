package com.amazonaws.cloudhsm.jce.jni.exception;

import javax.security.auth.login.LoginException;

/** The user's name or password is wrong. */
public final class FailedLoginException extends LoginException {

  private static final long serialVersionUID = 1L;

  /**
   * Makes the exception.
   *
   * @param message what was refused, why, and what to do
   * @param cause the engine's refusal, or null
   */
  public FailedLoginException(String message, Throwable cause) {
    super(message);
    initCause(cause);
  }
}
