package com.amazonaws.cloudhsm.jce.provider;

/** Builds a {@link CloudHsmServer}. */
public class CloudHsmServerBuilder {

  private static final int DEFAULT_PORT = 2223;
  private static final int LAST_PORT = 65535;

  private String hostIp;
  private int port = DEFAULT_PORT;

  CloudHsmServerBuilder() {}

  /**
   * Sets the address; required.
   *
   * @param hostIp an IP address or host name
   * @return this builder
   * @throws IllegalArgumentException if it is blank
   */
  public CloudHsmServerBuilder withHostIP(String hostIp) {
    this.hostIp = ConfigValues.notBlank("withHostIP", hostIp);
    return this;
  }

  /**
   * Sets the port; 2223 by default.
   *
   * @param port from 1 to 65535
   * @return this builder
   * @throws IllegalArgumentException if it is not
   */
  public CloudHsmServerBuilder withPort(int port) {
    if (port < 1 || port > LAST_PORT) {
      throw new IllegalArgumentException("withPort: a port is a number from 1 to 65535, not " + port + ".");
    }
    this.port = port;
    return this;
  }

  /**
   * Makes the description.
   *
   * @return a new server
   * @throws IllegalArgumentException if there is no address
   */
  public CloudHsmServer build() {
    if (hostIp == null) {
      throw new IllegalArgumentException("A CloudHsmServer needs an address: call withHostIP.");
    }
    return new CloudHsmServer(hostIp, port);
  }
}
