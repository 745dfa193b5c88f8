package io.hsmbridge.socket;

import java.security.AccessControlContext;
import java.security.AccessController;
import java.security.PrivilegedAction;
import java.security.ProtectionDomain;

/**
 * Threads that nobody waits for at the end of the JVM. They keep nothing of whoever happened to need them first:
 * neither its class loader nor its rights, so that a server can unload the application.
 */
final class Background {

  private Background() {}

  /** Makes a thread, to be started. */
  @SuppressWarnings("removal")
  static Thread thread(Runnable work, String name) {
    // Before Java 24 a thread remembers whose code made it.
    AccessControlContext nobody = new AccessControlContext(new ProtectionDomain[0]);
    return AccessController.doPrivileged((PrivilegedAction<Thread>) () -> daemon(work, name), nobody);
  }

  private static Thread daemon(Runnable work, String name) {
    Thread thread = new Thread(null, work, name, 0, false);
    thread.setDaemon(true);
    thread.setContextClassLoader(null);
    return thread;
  }
}
