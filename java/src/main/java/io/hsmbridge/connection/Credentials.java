package io.hsmbridge.connection;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;

/** A user's name and password; closing wipes the password. */
public final class Credentials implements AutoCloseable {

  private final String user;
  private final char[] password;

  Credentials(String user, char[] password) {
    this.user = user;
    this.password = password;
  }

  /** Looks for {@code HSM_USER} and {@code HSM_PASSWORD}, both in the system properties or both in the environment. */
  static Optional<Credentials> ofSystem() {
    return of(System::getProperty).or(() -> of(System::getenv));
  }

  private static Optional<Credentials> of(UnaryOperator<String> source) {
    String user = source.apply("HSM_USER");
    String password = source.apply("HSM_PASSWORD");
    if (user == null || user.isEmpty() || password == null || password.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(new Credentials(user, password.toCharArray()));
  }

  /** Splits {@code user:password} at the first colon; empty if there is none. */
  static Optional<Credentials> split(char[] pin) {
    for (int colon = 0; colon < pin.length; colon++) {
      if (pin[colon] == ':') {
        return Optional.of(
            new Credentials(new String(pin, 0, colon), Arrays.copyOfRange(pin, colon + 1, pin.length)));
      }
    }
    return Optional.empty();
  }

  String user() {
    return user;
  }

  /** Hands name and password (UTF-8) to a receiver and wipes the copy afterwards. */
  void present(BiConsumer<String, byte[]> receiver) {
    ByteBuffer encoded = StandardCharsets.UTF_8.encode(CharBuffer.wrap(password));
    byte[] bytes = new byte[encoded.remaining()];
    encoded.get(bytes);
    try {
      receiver.accept(user, bytes);
    } finally {
      Arrays.fill(bytes, (byte) 0);
      Arrays.fill(encoded.array(), (byte) 0);
    }
  }

  @Override
  public void close() {
    Arrays.fill(password, '\0');
  }
}
