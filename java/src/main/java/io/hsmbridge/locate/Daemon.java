package io.hsmbridge.locate;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Starts {@code hsmbridge serve} for a home; it ends by itself when nobody has used it for a while. */
final class Daemon {

  private static final long SECONDS = 30;
  private static final long MOST_SHOWN = 2000;

  /** What a daemon has use for: it outlives the program, and other programs of the user can read its environment. */
  private static final Pattern PASSED_ON =
      Pattern.compile(
          "HOME|USER|LOGNAME|LANG|LANGUAGE|LC_[A-Z]+|TZ|TMPDIR|XDG_[A-Z_]+|VIRTUAL_ENV|JAVA_HOME"
              + "|HSMBRIDGE_(?!.*PASSWORD)[A-Z_]+");

  private static final String PATH = "PATH";

  private final Home home;
  private final String program;

  Daemon(Home home) {
    this.home = home;
    String chosen = Settings.COMMAND.get();
    program = chosen == null ? "hsmbridge" : chosen;
  }

  /** The command line, for messages. */
  @Override
  public String toString() {
    return "`" + program + " serve --on-demand`";
  }

  /**
   * Starts it and waits until it answers; does nothing if one runs already.
   *
   * @throws IOException if it does not start; the message says what it said
   */
  void start() throws IOException {
    // A file and no pipe: the daemon outlives its starter, and would hold a pipe open.
    Path said = Files.createTempFile("hsmbridge-start-", ".log");
    try {
      Process process = launch(said);
      if (!ends(process)) {
        process.destroyForcibly();
        throw new IOException("it did not answer within " + SECONDS + " s" + lastWords(said));
      }
      if (process.exitValue() != 0) {
        throw new IOException("it ended with exit code " + process.exitValue() + lastWords(said));
      }
    } finally {
      Files.deleteIfExists(said);
    }
  }

  /** Waits for the end, whatever interrupts the thread: others may be waiting for the daemon too. */
  private static boolean ends(Process process) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return process.waitFor(end - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private Process launch(Path said) throws IOException {
    List<Path> folders = folders(System.getenv(PATH));
    ProcessBuilder builder = new ProcessBuilder(found(folders), "serve", "--on-demand");
    Map<String, String> environment = builder.environment();
    environment.keySet().removeIf(name -> !PASSED_ON.matcher(name).matches());
    environment.put(PATH, folders.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator)));
    environment.put("HSMBRIDGE_HOME", home.folder().toString());
    builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
    builder.redirectOutput(ProcessBuilder.Redirect.DISCARD);
    builder.redirectError(said.toFile());
    try {
      return started(builder);
    } catch (IOException e) {
      throw missing(e);
    }
  }

  /** Starts a process; the thread with which older JDKs wait for its end keeps nothing of the application. */
  private static Process started(ProcessBuilder builder) throws IOException {
    Thread thread = Thread.currentThread();
    ClassLoader loader = thread.getContextClassLoader();
    thread.setContextClassLoader(null);
    try {
      return builder.start();
    } finally {
      thread.setContextClassLoader(loader);
    }
  }

  /** Returns the folders of a search path that are the same from wherever the program was started. */
  private static List<Path> folders(String path) {
    List<Path> folders = new ArrayList<>();
    for (String entry : path == null ? new String[0] : path.split(File.pathSeparator)) {
      if (entry.startsWith(File.separator)) {
        folders.add(Path.of(entry));
      }
    }
    return folders;
  }

  /** Finds the program, so that it is none of the folder in which this one was started. */
  private String found(List<Path> folders) throws IOException {
    if (program.contains(File.separator)) {
      return program;
    }
    for (Path folder : folders) {
      Path file = folder.resolve(program);
      if (Files.isRegularFile(file) && Files.isExecutable(file)) {
        return file.toString();
      }
    }
    throw missing(null);
  }

  private IOException missing(IOException cause) {
    return new IOException(
        "there is no program " + program + (Settings.COMMAND.get() == null
            ? " on the PATH; set HSMBRIDGE_COMMAND to where it is" : "; " + Settings.COMMAND + " names it"),
        cause);
  }

  private static String lastWords(Path said) throws IOException {
    byte[] bytes = Files.readAllBytes(said);
    int from = (int) Math.max(0, bytes.length - MOST_SHOWN);
    String text = new String(bytes, from, bytes.length - from, StandardCharsets.UTF_8).strip();
    return text.isEmpty() ? "" : ": " + text.replaceAll("\\s*\\R\\s*", " ").replaceFirst("^hsmbridge: ", "");
  }
}
