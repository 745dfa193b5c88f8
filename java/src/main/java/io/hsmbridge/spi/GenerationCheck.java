package io.hsmbridge.spi;

import io.hsmbridge.connection.Connection;
import io.hsmbridge.engine.HsmException;
import io.hsmbridge.engine.ReturnCodes;
import java.util.Map;

/** Asks the engine about a size, curve or parameter set before a key is asked for. */
final class GenerationCheck {

  private GenerationCheck() {}

  /**
   * Asks. The engine answers nobody who is not logged in; a program may log in until it asks for the key, so that this
   * is no error yet.
   *
   * @throws HsmException if the engine would refuse to make such a key
   */
  static void ask(Connection connection, long mechanism, Map<String, Object> template) {
    try {
      connection.engine().checkGeneration(mechanism, template);
    } catch (HsmException e) {
      if (e.code() != ReturnCodes.USER_NOT_LOGGED_IN) {
        throw e;
      }
    }
  }
}
