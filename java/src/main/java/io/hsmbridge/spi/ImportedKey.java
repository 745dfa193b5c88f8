package io.hsmbridge.spi;

import io.hsmbridge.connection.Connection;
import io.hsmbridge.engine.Engine;
import io.hsmbridge.engine.Errors;
import io.hsmbridge.engine.HsmException;
import io.hsmbridge.engine.Janitor;
import io.hsmbridge.engine.ReturnCodes;
import io.hsmbridge.key.SoftwareKeys;
import java.lang.ref.Cleaner;
import java.security.InvalidKeyException;
import java.security.Key;
import java.util.Map;
import java.util.Set;

/** A software key in the HSM for as long as one JCA object needs it. */
final class ImportedKey {

  /** The key went with its session; or it goes with it, if the connection with the HSM is lost just now. */
  private static final Set<Long> GONE =
      Set.of(
          ReturnCodes.OBJECT_HANDLE_INVALID,
          ReturnCodes.KEY_HANDLE_INVALID,
          ReturnCodes.SESSION_CLOSED,
          ReturnCodes.USER_NOT_LOGGED_IN,
          ReturnCodes.DEVICE_REMOVED);

  private final long handle;
  private final Cleaner.Cleanable release;

  private ImportedKey(long handle, Cleaner.Cleanable release) {
    this.handle = handle;
    this.release = release;
  }

  /** Imports a key as {@link #of(Object, Connection, Key, Map)} does, with the default attributes. */
  static ImportedKey of(Object owner, Connection connection, Key key) throws InvalidKeyException {
    return of(owner, connection, key, Map.of());
  }

  /**
   * Imports a key, to be destroyed on {@link #release} or when the owner is unreachable; the engine takes private and
   * secret keys while implicit import is switched on.
   */
  static ImportedKey of(Object owner, Connection connection, Key key, Map<String, Object> attributes)
      throws InvalidKeyException {
    Engine engine = connection.engine();
    try {
      long handle = SoftwareKeys.importForUse(engine, key, attributes);
      return new ImportedKey(handle, Janitor.whenUnreachable(owner, () -> destroy(engine, handle)));
    } catch (HsmException e) {
      throw Errors.invalidKey(e);
    }
  }

  long handle() {
    return handle;
  }

  void release() {
    release.clean();
  }

  private static void destroy(Engine engine, long handle) {
    try {
      engine.destroy(handle);
    } catch (HsmException e) {
      if (!GONE.contains(e.code())) {
        throw Errors.unchecked(e);
      }
    }
  }
}
