package io.hsmbridge.socket;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Principal;

/** Whose daemon it is that listens on a Unix domain socket: only one of this user, or of root, is told a password. */
final class Owner {

  private static final String ROOT = "root";
  private static final Path OWN = Path.of("/proc/self");

  private Owner() {}

  /**
   * Refuses files of other users; where nothing is, connecting says so.
   *
   * @throws IOException naming the file and its owner
   */
  static void check(Path socket) throws IOException {
    Path folder = socket.toAbsolutePath().getParent();
    for (Path path : new Path[] {folder, socket}) {
      if (Files.exists(path)) {
        require(Files.getOwner(path), path.equals(socket) ? "it" : "its folder");
      }
    }
  }

  /**
   * Refuses a daemon of another user.
   *
   * @throws IOException naming the user
   */
  static void check(SocketChannel connected) throws IOException {
    Principal peer = Extended.peer(connected);
    if (peer != null) {
      require(peer, "the daemon");
    }
  }

  private static void require(Principal owner, String what) throws IOException {
    if (isRoot(owner)) {
      return;
    }
    // The property is what the program says it is; the system knows better, where it tells.
    Principal self = Files.exists(OWN) ? Files.getOwner(OWN) : null;
    String name = System.getProperty("user.name");
    // The process of a program with special rights, such as a low port, is root's in there.
    boolean own = self == null || isRoot(self) ? owner.getName().equals(name) : owner.equals(self);
    if (!own) {
      throw new IOException(
          what + " belongs to the user " + owner.getName() + ", and this program runs as "
              + (self == null ? name : self.getName())
              + ": no password is sent there. Use a home of your own, or a server with --listen");
    }
  }

  private static boolean isRoot(Principal user) {
    return user.getName().equals(ROOT) || user.getName().equals("0");
  }
}
