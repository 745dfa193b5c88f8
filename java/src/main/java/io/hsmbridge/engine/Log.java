package io.hsmbridge.engine;

import java.util.logging.Level;
import java.util.logging.Logger;

/** The log of the way to an HSM. To load java.util.logging takes some 30 ms, so that nothing does before it must. */
public final class Log {

  /** The logger {@code io.hsmbridge}; held here, because java.util.logging forgets loggers that nobody holds. */
  public static final Logger LOGGER = Logger.getLogger("io.hsmbridge");

  static {
    // The JDK's default would put INFO on standard error. A program that has set a level keeps it.
    if (LOGGER.getLevel() == null) {
      LOGGER.setLevel(Level.WARNING);
    }
  }

  private Log() {}
}
