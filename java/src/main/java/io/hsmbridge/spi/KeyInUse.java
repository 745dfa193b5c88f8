package io.hsmbridge.spi;

import io.hsmbridge.connection.Connection;
import io.hsmbridge.key.HsmKey;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.PublicKey;
import java.util.Map;

/** The key that a JCA object works with: one of the HSM's own, or a software key that is in the HSM for as long. */
final class KeyInUse {

  private final HsmKey own;
  private final ImportedKey imported;

  private KeyInUse(HsmKey own, ImportedKey imported) {
    this.own = own;
    this.imported = imported;
  }

  /**
   * Takes a key into use.
   *
   * @param owner who uses it; when that is unreachable, an imported key goes
   * @param connection the provider's session
   * @param key any key
   * @param imported attributes of the key if it is imported
   * @return the key, to be given back with {@link #release}
   * @throws InvalidKeyException if the key is destroyed, belongs to another provider, or cannot be imported
   */
  static KeyInUse of(Object owner, Connection connection, Key key, Map<String, Object> imported)
      throws InvalidKeyException {
    if (!(key instanceof HsmKey) || key instanceof PublicKey && !((HsmKey) key).belongsTo(connection)) {
      return new KeyInUse(null, ImportedKey.of(owner, connection, key, imported));
    }
    HsmKey own = (HsmKey) key;
    if (!own.belongsTo(connection)) {
      throw new InvalidKeyException(own + " was made through another provider instance; use that instance.");
    }
    if (own.isDestroyed()) {
      throw new InvalidKeyException(own + " is destroyed.");
    }
    return new KeyInUse(own, null);
  }

  /** Returns the handle; fails if the key was destroyed meanwhile. */
  long handle() {
    if (imported != null) {
      return imported.handle();
    }
    if (own.isDestroyed()) {
      throw new IllegalStateException(own + " was destroyed after the operation was initialised.");
    }
    return own.handle();
  }

  /** Destroys an imported key; an own one stays. */
  void release() {
    if (imported != null) {
      imported.release();
    }
  }
}
