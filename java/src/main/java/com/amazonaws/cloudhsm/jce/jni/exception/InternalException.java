package com.amazonaws.cloudhsm.jce.jni.exception;

/** The HSM failed in a way that no other exception describes. */
public final class InternalException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /**
   * Makes the exception.
   *
   * @param message what was refused, why, and what to do
   * @param cause the engine's refusal, or null
   */
  public InternalException(String message, Throwable cause) {
    super(message, cause);
  }
}
