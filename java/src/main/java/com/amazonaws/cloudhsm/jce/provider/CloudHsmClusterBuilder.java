package com.amazonaws.cloudhsm.jce.provider;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Builds a {@link CloudHsmCluster}; null arguments count as not given. */
public class CloudHsmClusterBuilder {

  private String uniqueIdentifier;
  private String hsmCaFilePath;
  private final Map<OptionalParameters, Boolean> options = new EnumMap<>(OptionalParameters.class);
  private final List<CloudHsmServer> servers = new ArrayList<>();

  CloudHsmClusterBuilder() {}

  /**
   * Names the cluster; the provider that connects to it has this name. Without it the provider gets a random one.
   *
   * <p>The emulated HSM is found by this name, and so is what the configuration file says of the cluster.
   *
   * @param identifier any name that no other provider has
   * @return this builder
   * @throws IllegalArgumentException if it is blank
   */
  public CloudHsmClusterBuilder withClusterUniqueIdentifier(String identifier) {
    uniqueIdentifier = ConfigValues.notBlank("withClusterUniqueIdentifier", identifier);
    return this;
  }

  /**
   * Sets where the certificate is that issued the servers'. It is read if the cluster has servers and no process hosts
   * this JVM.
   *
   * @param path an absolute path
   * @return this builder
   * @throws IllegalArgumentException if it is not absolute
   */
  public CloudHsmClusterBuilder withHsmCAFilePath(String path) {
    if (path != null && !isAbsolute(path)) {
      throw new IllegalArgumentException("withHsmCAFilePath: the path must be absolute, but is \"" + path + "\".");
    }
    hsmCaFilePath = path;
    return this;
  }

  private static boolean isAbsolute(String path) {
    try {
      return Path.of(path).isAbsolute();
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("withHsmCAFilePath: \"" + path + "\" is no path.", e);
    }
  }

  /**
   * Sets an option.
   *
   * @param option which
   * @param value whether it is on
   * @return this builder
   */
  public CloudHsmClusterBuilder withOptions(OptionalParameters option, boolean value) {
    if (option != null) {
      options.put(option, value);
    }
    return this;
  }

  /**
   * Sets an option.
   *
   * @param option which
   * @param value a {@code Boolean}
   * @return this builder
   * @throws IllegalArgumentException if the value has another type
   */
  public CloudHsmClusterBuilder withOptions(OptionalParameters option, Object value) {
    if (value != null && !(value instanceof Boolean)) {
      throw new IllegalArgumentException("withOptions: " + option + " takes true or false, not \"" + value + "\".");
    }
    return value == null ? this : withOptions(option, ((Boolean) value).booleanValue());
  }

  /**
   * Adds a server; may be called several times.
   *
   * @param server an HSM of the cluster
   * @return this builder
   */
  public CloudHsmClusterBuilder withServer(CloudHsmServer server) {
    if (server != null) {
      servers.add(server);
    }
    return this;
  }

  /**
   * Makes the description.
   *
   * @return a new cluster
   */
  public CloudHsmCluster build() {
    return new CloudHsmCluster(uniqueIdentifier, hsmCaFilePath, options, servers);
  }
}
