package io.hsmbridge.locate;

import io.hsmbridge.engine.Log;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.logging.ConsoleHandler;
import java.util.logging.Handler;
import java.util.logging.Level;

/** Where the provider's log goes: to the program's own handlers, or to what the configuration names. */
final class Logs {

  private static final String TERMINAL = "term";

  private static final Map<String, Level> LEVELS =
      Map.of(
          "error", Level.SEVERE, "warn", Level.WARNING, "info", Level.INFO, "debug", Level.FINE, "trace", Level.FINEST);

  private static final Map<String, Handler> HANDLERS = new HashMap<>();

  private Logs() {}

  /**
   * Adds a place for the log.
   *
   * @param config what the user asked for
   * @param home has the log file, unless the configuration names one
   * @throws IOException if the file cannot be written
   */
  static synchronized void configure(LogConfig config, Home home) throws IOException {
    boolean terminal = TERMINAL.equals(config.type());
    Path file = config.file() == null ? home.logFile() : config.file().toAbsolutePath();
    String place = terminal ? TERMINAL : file.toString();
    Level level = LEVELS.get(config.level() == null ? "info" : config.level());
    Handler handler = HANDLERS.get(place);
    // Providers that share a file get what the most curious of them asks for.
    boolean shared = handler != null;
    if (!shared) {
      handler = terminal ? new ConsoleHandler() : LogFile.open(file, interval(config));
      handler.setFormatter(new LogLine());
      HANDLERS.put(place, handler);
      Log.LOGGER.addHandler(handler);
    }
    if (!shared || level.intValue() < handler.getLevel().intValue()) {
      handler.setLevel(level);
    }
    // The log has its own place now; the terminal of a program is not it, unless it is asked for.
    Log.LOGGER.setUseParentHandlers(false);
    Log.LOGGER.setLevel(lowest());
  }

  private static String interval(LogConfig config) {
    return config.interval() == null ? "daily" : config.interval();
  }

  private static Level lowest() {
    return HANDLERS.values().stream()
        .map(Handler::getLevel)
        .min((one, other) -> Integer.compare(one.intValue(), other.intValue()))
        .orElse(Level.WARNING);
  }
}
