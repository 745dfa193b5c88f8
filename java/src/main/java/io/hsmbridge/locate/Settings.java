package io.hsmbridge.locate;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;

/** What the user sets: a system property, or else a variable of the environment; an empty one counts as not set. */
public enum Settings {
  HOME("hsmbridge.home", "HSMBRIDGE_HOME"),
  CONFIG("hsmbridge.config", "HSMBRIDGE_CONFIG"),
  COMMAND("hsmbridge.command", "HSMBRIDGE_COMMAND"),
  AUTOSTART("hsmbridge.autostart", "HSMBRIDGE_AUTOSTART"),
  TLS_CA("hsmbridge.tls.ca", "HSMBRIDGE_TLS_CA"),
  TLS_CERT("hsmbridge.tls.cert", "HSMBRIDGE_TLS_CERT"),
  TLS_KEY("hsmbridge.tls.key", "HSMBRIDGE_TLS_KEY"),
  APPROVAL_FILE("hsmbridge.approval.file", "HSMBRIDGE_APPROVAL_FILE");

  private final String property;
  private final String variable;

  Settings(String property, String variable) {
    this.property = property;
    this.variable = variable;
  }

  /** Returns the value, or null. */
  String get() {
    String value = System.getProperty(property);
    if (value == null || value.isEmpty()) {
      value = System.getenv(variable);
    }
    return value == null || value.isEmpty() ? null : value;
  }

  /**
   * Returns the value as a path.
   *
   * @return the absolute path, or null if none is set
   */
  public Path path() {
    return get() == null ? null : Path.of(get()).toAbsolutePath();
  }

  /** Returns the value as a flag. */
  boolean flag(boolean otherwise) throws IOException {
    String value = get();
    return switch (value == null ? "" : value.toLowerCase(Locale.ROOT)) {
      case "" -> otherwise;
      case "true" -> true;
      case "false" -> false;
      default -> throw new IOException(this + " must be true or false, not \"" + value + "\".");
    };
  }

  /** Names where it was set, or could be. */
  @Override
  public String toString() {
    String value = System.getProperty(property);
    return value == null || value.isEmpty() ? variable : "-D" + property;
  }
}
