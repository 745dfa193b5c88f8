package io.hsmbridge.connection;

import java.lang.StackWalker.StackFrame;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The JDK's loaders of providers that are named in {@code java.security} or by keytool's {@code -providerclass}. They
 * drop the reason why a provider could not be made, and say no more than that there is none.
 */
public final class SilentLoader {

  private static final Logger LOGGER = Logger.getLogger("io.hsmbridge.connection");

  /** They try again and again, and each time for the same reason. */
  private static final AtomicReference<String> SAID = new AtomicReference<>();

  private SilentLoader() {}

  /**
   * Logs why no provider could be made, if nobody else will.
   *
   * @param reason what its constructor throws
   */
  public static void explain(Exception reason) {
    String message = String.valueOf(reason.getMessage());
    if (isAtWork() && !message.equals(SAID.getAndSet(message))) {
      LOGGER.log(Level.SEVERE, "There is no provider CloudHSM: {0}", message);
    }
  }

  /** Tells whether the calling thread makes a provider because such a loader asks for it. */
  static boolean isAtWork() {
    return StackWalker.getInstance().walk(frames -> frames.anyMatch(SilentLoader::isSilent));
  }

  private static boolean isSilent(StackFrame frame) {
    switch (frame.getClassName()) {
      case "sun.security.jca.ProviderConfig":
        return true;
      case "sun.security.tools.KeyStoreUtil":
        return frame.getMethodName().equals("loadProviderByClass");
      default:
        return false;
    }
  }
}
