package com.amazonaws.cloudhsm.jce.provider;

/** Builds a {@link CloudHsmProviderConfig}; null arguments count as not given. */
public class CloudHsmProviderConfigBuilder {

  private CloudHsmCluster cluster;
  private CloudHsmLoggingConfig logging;

  CloudHsmProviderConfigBuilder() {}

  /**
   * Sets the cluster; required.
   *
   * @param cluster what to connect to
   * @return this builder
   */
  public CloudHsmProviderConfigBuilder withCluster(CloudHsmCluster cluster) {
    this.cluster = cluster;
    return this;
  }

  /**
   * Sets the logging.
   *
   * @param logging where and how to log
   * @return this builder
   */
  public CloudHsmProviderConfigBuilder withCloudHsmLogging(CloudHsmLoggingConfig logging) {
    this.logging = logging;
    return this;
  }

  /**
   * Makes the configuration.
   *
   * @return a new configuration
   * @throws IllegalArgumentException if there is no cluster
   */
  public CloudHsmProviderConfig build() {
    if (cluster == null) {
      throw new IllegalArgumentException("A CloudHsmProviderConfig needs a cluster: call withCluster.");
    }
    return new CloudHsmProviderConfig(cluster, logging);
  }
}
