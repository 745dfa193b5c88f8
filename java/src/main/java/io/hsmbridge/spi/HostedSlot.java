package io.hsmbridge.spi;

import java.security.Provider;
import java.security.Security;
import java.util.concurrent.atomic.AtomicReference;

/** The place in the list of providers that the host's provider holds until the program makes one of its own. */
public final class HostedSlot {

  private static final AtomicReference<Provider> OFFERED = new AtomicReference<>();

  private HostedSlot() {}

  /** Lets the next provider that the program makes take the place of a registered one. */
  static void offer(Provider provider) {
    OFFERED.set(provider);
  }

  /**
   * Tells who makes a provider: a program, or JCA that looks through all providers for one.
   *
   * @return true if no part of JCA's or the JDK's search for services is at work
   */
  public static boolean programIsMakingOne() {
    return StackWalker.getInstance()
        .walk(frames -> frames.map(StackWalker.StackFrame::getClassName).noneMatch(HostedSlot::isSearch));
  }

  private static boolean isSearch(String className) {
    return className.startsWith("java.util.ServiceLoader") || className.startsWith("sun.security.jca.ProviderConfig");
  }

  /** Takes the host's provider out of the list, because the program makes its own; called by its constructor. */
  public static void makeWay() {
    Provider provider = OFFERED.getAndSet(null);
    if (provider != null && Security.getProvider(provider.getName()) == provider) {
      Security.removeProvider(provider.getName());
    }
  }
}
