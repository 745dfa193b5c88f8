package io.hsmbridge.locate;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.logging.Formatter;
import java.util.logging.Level;
import java.util.logging.LogRecord;

/** A record in one line: time in UTC, the original's name of the level, logger, message; then a stack trace, if any. */
final class LogLine extends Formatter {

  private static final Map<Level, String> NAMES =
      Map.of(
          Level.SEVERE, "ERROR",
          Level.WARNING, "WARN",
          Level.FINE, "DEBUG",
          Level.FINER, "DEBUG",
          Level.FINEST, "TRACE");

  @Override
  public String format(LogRecord record) {
    StringWriter line = new StringWriter();
    line.append(record.getInstant().truncatedTo(ChronoUnit.MILLIS).toString())
        .append(' ')
        .append(NAMES.getOrDefault(record.getLevel(), record.getLevel().getName()))
        .append(' ')
        .append(String.valueOf(record.getLoggerName()))
        .append(": ")
        .append(formatMessage(record).replaceAll("\\R", " "))
        .append(System.lineSeparator());
    if (record.getThrown() != null) {
      record.getThrown().printStackTrace(new PrintWriter(line, true));
    }
    return line.toString();
  }
}
