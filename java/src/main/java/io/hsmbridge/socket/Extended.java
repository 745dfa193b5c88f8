package io.hsmbridge.socket;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketOption;
import java.nio.channels.SocketChannel;
import java.security.Principal;

/** Socket options of the module jdk.net, which a JVM need not have, and which not every system knows. */
final class Extended {

  private static final int IDLE_SECONDS = 30;
  private static final int INTERVAL_SECONDS = 10;
  private static final int PROBES = 3;

  private Extended() {}

  /** Lets the system find out within a minute that a connection is dead. */
  static void keepAlive(Socket socket) throws IOException {
    socket.setKeepAlive(true);
    set(socket, "TCP_KEEPIDLE", IDLE_SECONDS);
    set(socket, "TCP_KEEPINTERVAL", INTERVAL_SECONDS);
    set(socket, "TCP_KEEPCOUNT", PROBES);
  }

  @SuppressWarnings("unchecked")
  private static void set(Socket socket, String name, int value) throws IOException {
    SocketOption<?> option = option(name);
    if (option != null && socket.supportedOptions().contains(option)) {
      socket.setOption((SocketOption<Integer>) option, value);
    }
  }

  /** Returns the user who listens at the other end of a Unix domain socket; null if the system does not tell. */
  static Principal peer(SocketChannel channel) throws IOException {
    SocketOption<?> option = option("SO_PEERCRED");
    if (option == null || !channel.supportedOptions().contains(option)) {
      return null;
    }
    Object peer = channel.getOption(option);
    try {
      return (Principal) peer.getClass().getMethod("user").invoke(peer);
    } catch (ReflectiveOperationException e) {
      return null;
    }
  }

  private static SocketOption<?> option(String name) {
    try {
      return (SocketOption<?>) Class.forName("jdk.net.ExtendedSocketOptions").getField(name).get(null);
    } catch (ReflectiveOperationException | LinkageError e) {
      return null;
    }
  }
}
