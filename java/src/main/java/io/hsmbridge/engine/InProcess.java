package io.hsmbridge.engine;

/** Holds the engine of the process that started this JVM; Python fills it before any provider is made. */
public final class InProcess {

  private static volatile EngineFactory factory;

  private InProcess() {}

  /**
   * Installs the host's engine; called once, by the host.
   *
   * @param host opens sessions with the host's HSM
   */
  public static void install(EngineFactory host) {
    factory = host;
  }

  /**
   * Returns the host's engine.
   *
   * @return the factory, or null if no host started this JVM
   */
  public static EngineFactory factory() {
    return factory;
  }
}
