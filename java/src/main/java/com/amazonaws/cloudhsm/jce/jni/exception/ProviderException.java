package com.amazonaws.cloudhsm.jce.jni.exception;

/** The HSM cannot be reached, or its store cannot be read or written. */
public final class ProviderException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /**
   * Makes the exception.
   *
   * @param message what was refused, why, and what to do
   * @param cause the engine's refusal, or null
   */
  public ProviderException(String message, Throwable cause) {
    super(message, cause);
  }
}
