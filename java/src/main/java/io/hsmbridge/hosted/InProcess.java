package io.hsmbridge.hosted;

import io.hsmbridge.engine.Engine;
import io.hsmbridge.engine.HsmException;
import java.util.Map;

/** Reaches the engine of the process that started this JVM; the host makes itself known before any provider is made. */
public final class InProcess {

  private static volatile InProcess instance;

  private final Host host;
  private final Channels channels;

  private InProcess(Host host) {
    this.host = host;
    this.channels = new Channels(host);
  }

  /**
   * Makes the host known; called once, by the host.
   *
   * @param host opens sessions with its HSMs
   */
  public static void install(Host host) {
    instance = new InProcess(host);
  }

  /**
   * Returns what reaches the host's engine.
   *
   * @return null if no host started this JVM
   */
  public static InProcess find() {
    return instance;
  }

  /**
   * Opens a new session that nobody has logged in to; arguments are those of {@link Host#open}.
   *
   * @param cluster may be null
   * @param rules of the session
   * @return the session
   * @throws HsmException if there is no such cluster, or its HSM cannot be opened
   */
  public Engine open(String cluster, Map<String, Object> rules) {
    return new HostedEngine(host.open(cluster, rules), channels);
  }
}
