package com.amazonaws.cloudhsm.jce.jni.exception;

/** An operation needs a login that the provider does not have. */
public final class AuthenticationException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final AuthenticationExceptionCause reason;

  /**
   * Makes the exception.
   *
   * @param message what to do about it
   * @param reason what is wrong with the login
   * @param cause the engine's refusal, or null
   */
  public AuthenticationException(String message, AuthenticationExceptionCause reason, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  /**
   * Tells what is wrong with the login.
   *
   * @return the cause, never null
   */
  public AuthenticationExceptionCause getCloudHsmExceptionCause() {
    return reason;
  }
}
