package io.hsmbridge.socket;

import java.nio.ByteBuffer;

/** Who is logged in, for the next session; the password stays outside the heap, where no dump of it shows it. */
final class StoredLogin {

  private final String user;
  private final ByteBuffer password;

  StoredLogin(String user, byte[] password) {
    this.user = user;
    this.password = ByteBuffer.allocateDirect(password.length).put(password).flip();
  }

  void write(MessageWriter request) {
    request.text(user).bytes(password);
  }

  /** Tells whether name and password are another's. */
  boolean isSame(StoredLogin other) {
    return user.equals(other.user) && password.equals(other.password);
  }

  void wipe() {
    for (int i = 0; i < password.capacity(); i++) {
      password.put(i, (byte) 0);
    }
  }
}
