package io.hsmbridge.key;

import io.hsmbridge.connection.Connection;
import io.hsmbridge.engine.Attributes;
import io.hsmbridge.engine.Errors;
import io.hsmbridge.engine.HsmException;
import io.hsmbridge.engine.ReturnCodes;
import io.hsmbridge.engine.Values;
import java.security.Key;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import javax.crypto.SecretKey;
import javax.security.auth.DestroyFailedException;
import javax.security.auth.Destroyable;

/** A key in the HSM: a handle and what is public about it. The object never holds secret bytes. */
public abstract class HsmKey implements Key, Destroyable {

  private static final long serialVersionUID = 1L;

  /** Why a key is not given in clear: the switch, its attributes, its owner, or that it or its login is gone. */
  private static final Set<Long> STAYS =
      Set.of(
          ReturnCodes.ACTION_PROHIBITED,
          ReturnCodes.ATTRIBUTE_SENSITIVE,
          ReturnCodes.KEY_UNEXTRACTABLE,
          ReturnCodes.KEY_NOT_WRAPPABLE,
          ReturnCodes.KEY_HANDLE_INVALID,
          ReturnCodes.OBJECT_HANDLE_INVALID,
          ReturnCodes.SESSION_CLOSED,
          ReturnCodes.USER_NOT_LOGGED_IN);

  private final String algorithm;
  private final transient Connection connection;
  private final transient long handle;
  private transient volatile String label;
  private transient volatile boolean destroyed;

  HsmKey(String algorithm, Connection connection, long handle, Map<String, Object> attributes) {
    this.algorithm = algorithm;
    this.connection = connection;
    this.handle = handle;
    this.label = Values.text(attributes, Attributes.LABEL);
  }

  /**
   * Tells whether the key was made or found through a connection.
   *
   * @param other a provider's connection
   * @return true if it is this key's
   */
  public final boolean belongsTo(Connection other) {
    return connection == other;
  }

  /**
   * Returns the engine's name for the key.
   *
   * @return the handle
   */
  public final long handle() {
    return handle;
  }

  /**
   * Renames the key in the HSM.
   *
   * @param newLabel the new label
   * @throws HsmException if the engine refuses
   */
  public final void relabel(String newLabel) {
    connection.engine().setAttributes(handle, Map.of(Attributes.LABEL, newLabel));
    label = newLabel;
  }

  @Override
  public final String getAlgorithm() {
    return algorithm;
  }

  /**
   * Returns the name of the encoding, {@code RAW} or {@code PKCS#8}.
   *
   * @return null if {@link #getEncoded} returns null
   */
  @Override
  public String getFormat() {
    byte[] encoded = getEncoded();
    if (encoded == null) {
      return null;
    }
    Arrays.fill(encoded, (byte) 0);
    return this instanceof SecretKey ? "RAW" : "PKCS#8";
  }

  /**
   * Returns the key in clear, if clear extraction is switched on in the HSM and the key's attributes allow it.
   *
   * @return a copy, which the caller wipes; null if the key stays in the HSM, as it does by default, and to other
   *     providers while JCA looks for the one that can use the key
   */
  @Override
  public byte[] getEncoded() {
    // A provider that has the bytes would use the key past its attributes, which only the engine knows.
    if (destroyed || ChoiceGuard.isOthersChoice()) {
      return null;
    }
    try {
      return connection.engine().export(handle);
    } catch (HsmException e) {
      if (STAYS.contains(e.code())) {
        return null;
      }
      throw Errors.unchecked(e);
    }
  }

  /**
   * Destroys the key in the HSM for good.
   *
   * @throws DestroyFailedException if the engine refuses or the key is gone already
   */
  @Override
  public final synchronized void destroy() throws DestroyFailedException {
    if (destroyed) {
      throw new DestroyFailedException(this + " is destroyed already.");
    }
    try {
      connection.engine().destroy(handle);
      destroyed = true;
    } catch (HsmException e) {
      destroyed = e.code() == ReturnCodes.OBJECT_HANDLE_INVALID || e.code() == ReturnCodes.KEY_HANDLE_INVALID;
      throw Errors.destroy(e);
    }
  }

  @Override
  public final boolean isDestroyed() {
    return destroyed;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof HsmKey && ((HsmKey) other).belongsTo(connection) && ((HsmKey) other).handle == handle;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(handle);
  }

  /** Names class, label and handle, nothing else. */
  @Override
  public final String toString() {
    return String.format("%s(label \"%s\", handle 0x%016x)", getClass().getSimpleName(), label, handle);
  }
}
