package com.amazonaws.cloudhsm.jce.jni.exception;

/** A key was used for a purpose that its attributes do not allow. */
public final class KeyUsageException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /**
   * Makes the exception.
   *
   * @param message what was refused, why, and what to do
   * @param cause the engine's refusal, or null
   */
  public KeyUsageException(String message, Throwable cause) {
    super(message, cause);
  }
}
