package io.hsmbridge.socket;

import java.time.Duration;
import java.util.Map;

/**
 * How the provider speaks with a daemon.
 *
 * @param connectTimeout for one connection, its TLS handshake and its {@code hello}
 * @param requestTimeout for one operation, with all that is repeated
 * @param retry whether operations are repeated that a broken connection or a busy daemon stopped
 * @param maxConnections how many operations are carried out at the same time; more wait
 * @param maxOperations how many operations may run or wait at the same time; more are refused
 * @param cluster the identifier of the HSM's cluster; null for the daemon's own home
 * @param rules options of {@code hello} about the session, such as {@code clear_extraction} and {@code min_hsms}
 */
public record ClientOptions(
    Duration connectTimeout,
    Duration requestTimeout,
    boolean retry,
    int maxConnections,
    int maxOperations,
    String cluster,
    Map<String, Object> rules) {

  /** Keeps a copy of the rules. */
  public ClientOptions {
    rules = Map.copyOf(rules);
    if (maxConnections < 1 || maxOperations < 1) {
      throw new IllegalArgumentException("A client needs one connection and one operation at least.");
    }
  }

  /**
   * Returns what holds if nothing else is asked for.
   *
   * @return 10 s to connect, 60 s for an operation, retries, 32 connections, 1000 operations, the daemon's own home
   */
  public static ClientOptions defaults() {
    return new ClientOptions(Duration.ofSeconds(10), Duration.ofSeconds(60), true, 32, 1000, null, Map.of());
  }
}
