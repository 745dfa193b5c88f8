package io.hsmbridge.locate;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Starts {@code hsmbridge serve} for a home; it ends by itself when nobody has used it for a while. */
final class Daemon {

  private static final long SECONDS = 30;
  private static final long MOST_SHOWN = 2000;

  /** What a daemon has no use for; its environment can be read by other programs of the user. */
  private static final Set<String> SECRETS =
      Set.of(
          "HSM_USER",
          "HSM_PASSWORD",
          "HSMBRIDGE_ADMIN_PASSWORD",
          "HSMBRIDGE_NEW_PASSWORD",
          "HSMBRIDGE_SOURCE_PASSWORD",
          "HSMBRIDGE_KEY_PASSWORD",
          "HSMBRIDGE_KEYSTORE_PASSWORD");

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
      if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException("it did not answer within " + SECONDS + " s" + lastWords(said));
      }
      if (process.exitValue() != 0) {
        throw new IOException("it ended with exit code " + process.exitValue() + lastWords(said));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("the thread was interrupted while it started", e);
    } finally {
      Files.deleteIfExists(said);
    }
  }

  private Process launch(Path said) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(program, "serve", "--on-demand");
    Map<String, String> environment = builder.environment();
    environment.keySet().removeAll(SECRETS);
    environment.put("HSMBRIDGE_HOME", home.folder().toString());
    builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
    builder.redirectOutput(ProcessBuilder.Redirect.DISCARD);
    builder.redirectError(said.toFile());
    try {
      return builder.start();
    } catch (IOException e) {
      throw new IOException(
          "there is no program " + program + (Settings.COMMAND.get() == null
              ? " on the PATH; set HSMBRIDGE_COMMAND to where it is" : "; " + Settings.COMMAND + " names it"),
          e);
    }
  }

  private static String lastWords(Path said) throws IOException {
    byte[] bytes = Files.readAllBytes(said);
    int from = (int) Math.max(0, bytes.length - MOST_SHOWN);
    String text = new String(bytes, from, bytes.length - from, StandardCharsets.UTF_8).strip();
    return text.isEmpty() ? "" : ": " + text.replaceAll("\\s*\\R\\s*", " ").replaceFirst("^hsmbridge: ", "");
  }
}
