package com.amazonaws.cloudhsm.jce.provider;

/**
 * What a provider connects to, for programs with more than one cluster or user.
 *
 * <pre>
 * CloudHsmProviderConfig config =
 *     CloudHsmProviderConfig.builder()
 *         .withCluster(CloudHsmCluster.builder().withClusterUniqueIdentifier("payments").build())
 *         .build();
 * Security.addProvider(new CloudHsmProvider(config));
 * </pre>
 */
public class CloudHsmProviderConfig {

  private final CloudHsmCluster cluster;
  private final CloudHsmLoggingConfig logging;

  CloudHsmProviderConfig(CloudHsmCluster cluster, CloudHsmLoggingConfig logging) {
    this.cluster = cluster;
    this.logging = logging;
  }

  /**
   * Begins to describe a provider.
   *
   * @return a new builder
   */
  public static CloudHsmProviderConfigBuilder builder() {
    return new CloudHsmProviderConfigBuilder();
  }

  /**
   * Returns the cluster.
   *
   * @return what was given to the builder, never null
   */
  public CloudHsmCluster getCluster() {
    return cluster;
  }

  /**
   * Returns the logging.
   *
   * @return what was given to the builder, or null
   */
  public CloudHsmLoggingConfig getCloudHsmLogging() {
    return logging;
  }
}
