package com.amazonaws.cloudhsm.jce.jni.exception;

/** Attributes given for a key are missing, contradictory or not allowed. */
public final class AttributeException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /**
   * Makes the exception.
   *
   * @param message what was refused, why, and what to do
   * @param cause the engine's refusal, or null
   */
  public AttributeException(String message, Throwable cause) {
    super(message, cause);
  }
}
