package com.amazonaws.cloudhsm.jce.jni.exception;

/** An attribute cannot be given: its value has the wrong type, or the attribute does not belong there. */
public final class AddAttributeException extends Exception {

  private static final long serialVersionUID = 1L;

  /**
   * Makes the exception.
   *
   * @param message which attribute was refused and why; never its value
   */
  public AddAttributeException(String message) {
    super(message);
  }

  /**
   * Makes the exception.
   *
   * @param message which attribute was refused and why; never its value
   * @param cause what refused it, or null
   */
  public AddAttributeException(String message, Throwable cause) {
    super(message, cause);
  }
}
