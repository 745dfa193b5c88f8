package io.hsmbridge.locate;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How to reach one cluster, and the rules of sessions with it. What is null is not given.
 *
 * @param identifier the cluster's, which chooses among the HSMs of one daemon
 * @param hsmCa the certificate, in PEM, that issued the servers'
 * @param clientCertificate the certificate that the servers ask for, in PEM, with those between it and its CA
 * @param clientKey the private key of the client's certificate, PKCS#8 in PEM
 * @param servers in the order in which they are tried; empty for the socket in the home
 * @param availabilityCheck whether a key must be on two HSMs
 * @param clearExtraction false if sessions get no keys in clear, whatever the HSM is set to
 * @param retry whether the provider repeats what was throttled, or lost its connection
 */
public record ClusterConfig(
    String identifier,
    Path hsmCa,
    Path clientCertificate,
    Path clientKey,
    List<Server> servers,
    Boolean availabilityCheck,
    Boolean clearExtraction,
    Boolean retry) {

  /** Nothing is given: the HSM of the home. */
  static final ClusterConfig NONE = new ClusterConfig(null, null, null, null, List.of(), null, null, null);

  /** Takes a copy of the list. */
  public ClusterConfig {
    servers = List.copyOf(servers);
  }

  /** Returns this configuration, with what it lacks from another. */
  ClusterConfig orElse(ClusterConfig other) {
    // A certificate and its key belong together, so that they come from one place.
    ClusterConfig client = clientCertificate == null && clientKey == null ? other : this;
    return new ClusterConfig(
        first(identifier, other.identifier),
        first(hsmCa, other.hsmCa),
        client.clientCertificate,
        client.clientKey,
        servers.isEmpty() ? other.servers : servers,
        first(availabilityCheck, other.availabilityCheck),
        first(clearExtraction, other.clearExtraction),
        first(retry, other.retry));
  }

  /** Returns the rules of a session as the engine takes them. */
  Map<String, Object> rules() {
    Map<String, Object> rules = new HashMap<>();
    if (Boolean.TRUE.equals(availabilityCheck)) {
      rules.put("min_hsms", 2L);
    }
    if (Boolean.FALSE.equals(clearExtraction)) {
      rules.put("clear_extraction", false);
    }
    return rules;
  }

  private static <T> T first(T one, T other) {
    return one != null ? one : other;
  }
}
