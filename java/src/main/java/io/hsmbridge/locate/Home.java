package io.hsmbridge.locate;

import java.io.File;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;

/** The folder of the user's HSM, where the command {@code hsmbridge} has it too. */
record Home(Path folder) {

  /** Bytes that the JDK puts into the address of a Unix socket: two less than {@code sun_path} has, 108 and 104. */
  private static final int LONGEST_LINUX = 106;

  private static final int LONGEST_MAC = 102;

  /** Returns the home that the user chose, or the platform's folder for user data. */
  static Home find() {
    Path chosen = Settings.HOME.path();
    return new Home(chosen != null ? chosen : userData(System.getenv(), System.getProperty("user.home"), isMac()));
  }

  /** Does as {@code platformdirs.user_data_path("hsmbridge", appauthor=False)} in Python. */
  private static Path userData(Map<String, String> environment, String passwdHome, boolean mac) {
    String data = environment.getOrDefault("XDG_DATA_HOME", "");
    if (data.startsWith("/")) {
      return Path.of(data, "hsmbridge");
    }
    // Java's user.home is that of the password database, and Python's ~ that of the variable, if it is absolute.
    String home = environment.getOrDefault("HOME", "");
    Path base = Path.of(home.startsWith("/") ? home : passwdHome);
    return (mac ? base.resolve("Library").resolve("Application Support") : base.resolve(".local").resolve("share"))
        .resolve("hsmbridge");
  }

  Path socket() {
    return folder.resolve("engine.sock");
  }

  Path configFile() {
    return folder.resolve("cloudhsm-jce.cfg");
  }

  Path logFile() {
    return folder.resolve("cloudhsm-jce.log");
  }

  /** The certificate of the CA that {@code hsmbridge certs} makes. */
  Path ca() {
    return folder.resolve("certs").resolve("ca.crt");
  }

  /** Says why the socket has no address, or returns null. */
  String socketRefusal() {
    // The system counts bytes as the file system has them.
    String encoding = System.getProperty("sun.jnu.encoding");
    Charset charset = encoding == null ? StandardCharsets.UTF_8 : Charset.forName(encoding);
    int length = socket().toString().getBytes(charset).length;
    int longest = isMac() ? LONGEST_MAC : LONGEST_LINUX;
    return length <= longest
        ? null
        : "its path has " + length + " bytes, and the JDK takes at most " + longest + " for a socket";
  }

  /** Says what to do if nobody answers at the socket. */
  String remedy() {
    if (Files.exists(socket()) && !Files.isWritable(socket())) {
      return "It belongs to another user, and only its owner may open it: choose a home of your own with HSMBRIDGE_HOME,"
          + " or have the owner run `hsmbridge serve --listen 127.0.0.1:2223` and give you a client certificate.";
    }
    return "Run " + command(Files.exists(folder.resolve("hsm.db")) ? "serve" : "init") + ".";
  }

  /** Returns a command line of {@code hsmbridge} for this home, for messages. */
  private String command(String verb) {
    String path = folder.toString();
    String shown = path.contains(" ") ? "'" + path + "'" : path;
    return "`hsmbridge " + verb + (isDefault() ? "" : " --home " + shown) + "`";
  }

  private boolean isDefault() {
    return Settings.HOME.get() == null;
  }

  private static boolean isMac() {
    return System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("mac") && File.separatorChar == '/';
  }
}
