package com.amazonaws.cloudhsm.jce.provider;

import java.util.List;
import java.util.Map;

/** A cluster of HSMs that a provider connects to. */
public class CloudHsmCluster {

  private final String uniqueIdentifier;
  private final String hsmCaFilePath;
  private final Map<OptionalParameters, Boolean> options;
  private final List<CloudHsmServer> servers;

  CloudHsmCluster(
      String uniqueIdentifier,
      String hsmCaFilePath,
      Map<OptionalParameters, Boolean> options,
      List<CloudHsmServer> servers) {
    this.uniqueIdentifier = uniqueIdentifier;
    this.hsmCaFilePath = hsmCaFilePath;
    this.options = Map.copyOf(options);
    this.servers = List.copyOf(servers);
  }

  /**
   * Begins to describe a cluster.
   *
   * @return a new builder
   */
  public static CloudHsmClusterBuilder builder() {
    return new CloudHsmClusterBuilder();
  }

  /**
   * Returns the name of the cluster and of the provider that connects to it.
   *
   * @return what was given to the builder, or null
   */
  public String getClusterUniqueIdentifier() {
    return uniqueIdentifier;
  }

  /**
   * Returns the path of the cluster's CA certificate.
   *
   * @return what was given to the builder, or null
   */
  public String getHsmCAFilePath() {
    return hsmCaFilePath;
  }

  /**
   * Returns the options that were set.
   *
   * @return an unmodifiable map
   */
  public Map<OptionalParameters, Boolean> getOptions() {
    return options;
  }

  /**
   * Returns the servers.
   *
   * @return an unmodifiable list, in the order given
   */
  public List<CloudHsmServer> getServers() {
    return servers;
  }
}
