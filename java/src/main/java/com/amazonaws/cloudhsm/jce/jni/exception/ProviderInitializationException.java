package com.amazonaws.cloudhsm.jce.jni.exception;

/** The provider cannot be made: there is no HSM to talk to, or it cannot be opened. */
public final class ProviderInitializationException extends Exception {

  private static final long serialVersionUID = 1L;

  /**
   * Makes the exception.
   *
   * @param message what was refused, why, and what to do
   * @param cause the engine's refusal, or null
   */
  public ProviderInitializationException(String message, Throwable cause) {
    super(message, cause);
  }
}
