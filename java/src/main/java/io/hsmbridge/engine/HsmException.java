package io.hsmbridge.engine;

/** A refusal by the engine: a PKCS#11 return code and a message that names the object, the rule and the remedy. */
public final class HsmException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final long code;

  /**
   * Makes the exception; called by implementations of {@link Engine}.
   *
   * @param code a {@code CKR_} number, see {@link ReturnCodes}
   * @param message what was refused, why, and what to do; never a secret
   */
  public HsmException(long code, String message) {
    super(message);
    this.code = code;
  }

  /**
   * Returns the PKCS#11 return code.
   *
   * @return a {@code CKR_} number
   */
  public long code() {
    return code;
  }
}
