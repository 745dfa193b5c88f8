package io.hsmbridge.locate;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.DayOfWeek;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.TemporalAdjusters;
import java.util.Set;
import java.util.logging.ErrorManager;
import java.util.logging.Handler;
import java.util.logging.LogRecord;

/**
 * A log file of mode 0600. Unless the interval is {@code never}, its name ends with the date (UTC) on which it was
 * begun: {@code cloudhsm-jce.log.2026-11-24}, and with the hour where a new file is begun each hour. Programs may share
 * it: each line is one write to the end.
 */
final class LogFile extends Handler {

  private final Path path;
  private final String interval;
  private final Clock clock;
  private String suffix;
  private OutputStream out;

  private LogFile(Path path, String interval, Clock clock) {
    this.path = path;
    this.interval = interval;
    this.clock = clock;
  }

  /** Opens the file, so that a place that cannot be written is known at once. */
  static LogFile open(Path path, String interval) throws IOException {
    return open(path, interval, Clock.systemUTC());
  }

  static LogFile open(Path path, String interval, Clock clock) throws IOException {
    LogFile file = new LogFile(path, interval, clock);
    try {
      file.rotate();
    } catch (IOException e) {
      throw new IOException(
          "The log file " + path + " cannot be written (" + Reason.of(e) + "). Name another with"
              + " `hsmbridge configure --log-file FILE`, or withLogFile.",
          e);
    }
    return file;
  }

  private void rotate() throws IOException {
    String now = suffix(interval, clock.instant().atZone(ZoneOffset.UTC));
    if (now.equals(suffix)) {
      return;
    }
    Path file = path.resolveSibling(path.getFileName() + now);
    makePrivate(file);
    // No channel: an interrupt of a thread that logs would close it.
    OutputStream next = new FileOutputStream(file.toFile(), true);
    close();
    out = next;
    suffix = now;
  }

  private static void makePrivate(Path file) throws IOException {
    Set<PosixFilePermission> mode = PosixFilePermissions.fromString("rw-------");
    try {
      Files.createFile(file, PosixFilePermissions.asFileAttribute(mode));
    } catch (FileAlreadyExistsException e) {
      // Terminals and pipes are let be.
      if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && !mode.equals(Files.getPosixFilePermissions(file))) {
        Files.setPosixFilePermissions(file, mode);
      }
    }
  }

  private static String suffix(String interval, ZonedDateTime now) {
    return switch (interval) {
      case "hourly" -> now.format(DateTimeFormatter.ofPattern(".yyyy-MM-dd-HH"));
      case "daily" -> now.format(DateTimeFormatter.ofPattern(".yyyy-MM-dd"));
      case "weekly" -> now.with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY))
          .format(DateTimeFormatter.ofPattern(".yyyy-MM-dd"));
      default -> "";
    };
  }

  @Override
  public synchronized void publish(LogRecord record) {
    if (!isLoggable(record)) {
      return;
    }
    try {
      rotate();
      out.write(getFormatter().format(record).getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      reportError(null, e, ErrorManager.WRITE_FAILURE);
      // The next record opens it again.
      close();
    }
  }

  @Override
  public void flush() {
    // Each record is written at once.
  }

  @Override
  public synchronized void close() {
    try {
      if (out != null) {
        out.close();
      }
    } catch (IOException e) {
      reportError(null, e, ErrorManager.CLOSE_FAILURE);
    }
    // After a close, as at the end of the JVM, a record opens the file again.
    out = null;
    suffix = null;
  }
}
