package io.hsmbridge.engine;

import com.amazonaws.cloudhsm.jce.jni.exception.AccountAlreadyLoggedInException;
import com.amazonaws.cloudhsm.jce.jni.exception.AccountLockedException;
import com.amazonaws.cloudhsm.jce.jni.exception.AttributeException;
import com.amazonaws.cloudhsm.jce.jni.exception.AuthenticationException;
import com.amazonaws.cloudhsm.jce.jni.exception.AuthenticationExceptionCause;
import com.amazonaws.cloudhsm.jce.jni.exception.FailedLoginException;
import com.amazonaws.cloudhsm.jce.jni.exception.InternalException;
import com.amazonaws.cloudhsm.jce.jni.exception.KeyUsageException;
import com.amazonaws.cloudhsm.jce.jni.exception.ProviderException;
import java.io.IOException;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.InvalidParameterException;
import java.security.Key;
import java.security.KeyStoreException;
import java.security.SignatureException;
import java.security.spec.InvalidKeySpecException;
import javax.crypto.AEADBadTagException;
import javax.crypto.BadPaddingException;
import javax.crypto.IllegalBlockSizeException;
import javax.security.auth.DestroyFailedException;
import javax.security.auth.login.LoginException;

/** The one place that turns a refusal by the engine into the exception that JCA names for the operation. */
public final class Errors {

  private Errors() {}

  /**
   * Maps a refusal of login or logout.
   *
   * @param e the refusal
   * @return the exception to throw
   */
  public static LoginException login(HsmException e) {
    if (e.code() == ReturnCodes.PIN_INCORRECT) {
      return new FailedLoginException(
          "Incorrect credentials are passed for this operation: Incorrect authentication credentials. "
              + e.getMessage(),
          e);
    }
    if (e.code() == ReturnCodes.PIN_LOCKED) {
      return new AccountLockedException(e.getMessage(), e);
    }
    if (e.code() == ReturnCodes.USER_ALREADY_LOGGED_IN) {
      return new AccountAlreadyLoggedInException(e.getMessage(), e);
    }
    return caused(new LoginException(described(e)), e);
  }

  /**
   * Maps a refusal while a key is given to an operation.
   *
   * @param e the refusal
   * @return the exception to throw
   */
  public static InvalidKeyException invalidKey(HsmException e) {
    RuntimeException cause = unlessUnauthenticated(e);
    return new InvalidKeyException(cause.getMessage(), cause);
  }

  /**
   * Maps a refusal to sign or verify.
   *
   * @param e the refusal
   * @return the exception to throw
   */
  public static SignatureException signature(HsmException e) {
    RuntimeException cause = unlessUnauthenticated(e);
    return new SignatureException(cause.getMessage(), cause);
  }

  /**
   * Maps a refusal to encrypt or decrypt the last data.
   *
   * @param e the refusal
   * @return the exception to throw if no checked one fits
   * @throws IllegalBlockSizeException if the data has no length that the mechanism takes
   * @throws BadPaddingException if the data cannot be decrypted, or is no number below the modulus; of the subclass
   *     {@link AEADBadTagException} if a tag is wrong
   */
  public static RuntimeException cipher(HsmException e) throws IllegalBlockSizeException, BadPaddingException {
    long code = e.code();
    if (code == ReturnCodes.DATA_LEN_RANGE || code == ReturnCodes.ENCRYPTED_DATA_LEN_RANGE) {
      throw caused(new IllegalBlockSizeException(e.getMessage()), e);
    }
    if (code == ReturnCodes.AEAD_DECRYPT_FAILED) {
      throw caused(new AEADBadTagException(e.getMessage()), e);
    }
    if (code == ReturnCodes.DATA_INVALID || code == ReturnCodes.ENCRYPTED_DATA_INVALID) {
      throw caused(new BadPaddingException(e.getMessage()), e);
    }
    return unchecked(e);
  }

  /**
   * Maps a refusal to wrap a key.
   *
   * @param e the refusal
   * @return the exception to throw
   * @throws IllegalBlockSizeException if the key has no length that the mechanism takes
   */
  public static InvalidKeyException wrap(HsmException e) throws IllegalBlockSizeException {
    if (e.code() == ReturnCodes.DATA_LEN_RANGE || e.code() == ReturnCodes.KEY_SIZE_RANGE) {
      throw caused(new IllegalBlockSizeException(e.getMessage()), e);
    }
    return invalidKey(e);
  }

  /**
   * Maps a refusal to compute a message authentication code.
   *
   * @param e the refusal
   * @return the exception to throw
   */
  public static RuntimeException mac(HsmException e) {
    boolean limit = e.code() == ReturnCodes.DATA_LEN_RANGE || e.code() == ReturnCodes.KEY_SIZE_RANGE;
    return limit ? new ProviderException(e.getMessage(), e) : unchecked(e);
  }

  /**
   * Maps a refusal to make a key from a specification.
   *
   * @param e the refusal
   * @return the exception to throw
   */
  public static InvalidKeySpecException keySpec(HsmException e) {
    RuntimeException cause = unlessUnauthenticated(e);
    return new InvalidKeySpecException(cause.getMessage(), cause);
  }

  /**
   * Refuses to describe a private or secret key whose encoding is null.
   *
   * @param key the key, may be null
   * @return the exception to throw
   */
  public static InvalidKeySpecException staysInside(Key key) {
    return new InvalidKeySpecException(
        key + " is not to be had in clear. The HSM gives a key only while clear extraction is switched on (`hsmbridge"
            + " configure --enable-clear-key-extraction-in-software`), and if its attribute EXTRACTABLE is true and"
            + " WRAP_WITH_TRUSTED false.");
  }

  /**
   * Maps a refusal to give the raw secret of a key agreement.
   *
   * @param e the refusal
   * @return the exception to throw
   */
  public static IllegalStateException agreement(HsmException e) {
    RuntimeException cause = unlessUnauthenticated(e);
    return new IllegalStateException(
        cause.getMessage() + " The secret may stay in the HSM: generateSecret(\"AES\") and the like make a key of it.",
        cause);
  }

  /**
   * Maps a refusal to generate a key.
   *
   * @param e the refusal
   * @return the exception to throw
   */
  public static RuntimeException generation(HsmException e) {
    if (e.code() == ReturnCodes.KEY_SIZE_RANGE || e.code() == ReturnCodes.CURVE_NOT_SUPPORTED) {
      return caused(new InvalidParameterException(e.getMessage()), e);
    }
    return unchecked(e);
  }

  /**
   * Maps a refusal of the parameters of a generator.
   *
   * @param e the refusal
   * @return the exception to throw
   */
  public static InvalidAlgorithmParameterException parameters(HsmException e) {
    RuntimeException cause = generation(e);
    return new InvalidAlgorithmParameterException(cause.getMessage(), cause);
  }

  /**
   * Maps a refusal while a keystore is changed.
   *
   * @param e the refusal
   * @return the exception to throw
   */
  public static KeyStoreException keyStore(HsmException e) {
    RuntimeException cause = unchecked(e);
    return new KeyStoreException(cause.getMessage(), cause);
  }

  /**
   * Maps a refusal while a keystore is written.
   *
   * @param e the refusal
   * @return the exception to throw
   */
  public static IOException store(HsmException e) {
    RuntimeException cause = unchecked(e);
    return new IOException(cause.getMessage(), cause);
  }

  /**
   * Maps a refusal to destroy a key.
   *
   * @param e the refusal
   * @return the exception to throw
   */
  public static DestroyFailedException destroy(HsmException e) {
    RuntimeException cause = unchecked(e);
    return caused(new DestroyFailedException(cause.getMessage()), cause);
  }

  /**
   * Maps a refusal where no checked exception fits.
   *
   * @param e the refusal
   * @return the exception to throw
   */
  public static RuntimeException unchecked(HsmException e) {
    long code = e.code();
    String message = e.getMessage();
    if (code == ReturnCodes.USER_NOT_LOGGED_IN) {
      return new AuthenticationException(
          "Log in first: set HSM_USER and HSM_PASSWORD, or call login() on the provider.",
          AuthenticationExceptionCause.UNAUTHENTICATED,
          e);
    }
    if (code == ReturnCodes.KEY_FUNCTION_NOT_PERMITTED) {
      return new KeyUsageException(
          "An attempt has been made to use a key for a cryptographic purpose that the key's attributes are not set to"
              + " allow it to do. "
              + message,
          e);
    }
    if (code == ReturnCodes.KEY_UNEXTRACTABLE
        || code == ReturnCodes.KEY_NOT_WRAPPABLE
        || code == ReturnCodes.QUORUM_REQUIRED
        || code == ReturnCodes.QUORUM_FAILED) {
      return new KeyUsageException(message, e);
    }
    if (code == ReturnCodes.TEMPLATE_INCOMPLETE) {
      return new AttributeException(
          "Attributes being specified are incomplete: Incomplete template. " + message, e);
    }
    if (code == ReturnCodes.TEMPLATE_INCONSISTENT
        || code >= ReturnCodes.ATTRIBUTE_READ_ONLY && code <= ReturnCodes.ATTRIBUTE_VALUE_INVALID) {
      return new AttributeException(message, e);
    }
    if (code == ReturnCodes.OBJECT_HANDLE_INVALID || code == ReturnCodes.KEY_HANDLE_INVALID) {
      // The key was destroyed after the operation was initialised, by another thread or program.
      return new IllegalStateException(message, e);
    }
    if (code == ReturnCodes.PIN_INCORRECT || code == ReturnCodes.PIN_LOCKED) {
      // The daemon lost the session, and its user could not be logged in to the next one.
      return new AuthenticationException(
          "The HSM had to be logged in to again, and refused: " + message,
          code == ReturnCodes.PIN_LOCKED
              ? AuthenticationExceptionCause.ACCOUNT_LOCKED
              : AuthenticationExceptionCause.INCORRECT_CREDENTIALS,
          e);
    }
    if (code == ReturnCodes.DEVICE_REMOVED) {
      return new ProviderException(described(e), e);
    }
    if (code == ReturnCodes.SESSION_CLOSED
        || code == ReturnCodes.DEVICE_ERROR
        || code == ReturnCodes.DEVICE_MEMORY
        || code == ReturnCodes.TOKEN_NOT_PRESENT
        || code == ReturnCodes.MECHANISM_INVALID) {
      return new ProviderException(message, e);
    }
    return new InternalException(described(e), e);
  }

  /** Puts the original's words before a message about the connection with the HSM. */
  private static String described(HsmException e) {
    if (e.code() == ReturnCodes.DEVICE_REMOVED) {
      return "The underlying Provider connection was lost: Communication with the device was lost during the execution"
          + " of the function. " + e.getMessage();
    }
    if (e.code() == ReturnCodes.DEVICE_BUSY) {
      return "Unexpected error with the Provider: The HSM could not queue the request for processing. "
          + e.getMessage();
    }
    if (e.code() == ReturnCodes.SESSION_COUNT) {
      return "There are too many operations happening at the same time: " + e.getMessage();
    }
    return e.getMessage();
  }

  private static RuntimeException unlessUnauthenticated(HsmException e) {
    RuntimeException cause = unchecked(e);
    if (cause instanceof AuthenticationException) {
      throw cause;
    }
    return cause;
  }

  private static <T extends Exception> T caused(T exception, Throwable cause) {
    exception.initCause(cause);
    return exception;
  }
}
