package io.hsmbridge.key;

import io.hsmbridge.engine.Attributes;
import io.hsmbridge.engine.Connection;
import io.hsmbridge.engine.Errors;
import io.hsmbridge.engine.HsmException;
import io.hsmbridge.engine.ReturnCodes;
import io.hsmbridge.engine.Values;
import java.security.Key;
import java.util.Map;
import javax.security.auth.DestroyFailedException;
import javax.security.auth.Destroyable;

/** A key in the HSM: a handle and what is public about it. It never holds secret bytes. */
public abstract class HsmKey implements Key, Destroyable {

  private static final long serialVersionUID = 1L;

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

  /** Returns null: a private or secret key stays in the HSM. */
  @Override
  public String getFormat() {
    return null;
  }

  /** Returns null: a private or secret key stays in the HSM. */
  @Override
  public byte[] getEncoded() {
    return null;
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
