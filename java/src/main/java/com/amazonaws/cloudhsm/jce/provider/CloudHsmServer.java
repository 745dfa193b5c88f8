package com.amazonaws.cloudhsm.jce.provider;

/**
 * The address of one HSM of a cluster: where {@code hsmbridge serve --listen} listens. In a JVM that Python hosts the
 * address is checked and otherwise not used.
 */
public class CloudHsmServer {

  private final String hostIp;
  private final int port;

  CloudHsmServer(String hostIp, int port) {
    this.hostIp = hostIp;
    this.port = port;
  }

  /**
   * Begins to describe a server.
   *
   * @return a new builder
   */
  public static CloudHsmServerBuilder builder() {
    return new CloudHsmServerBuilder();
  }

  /**
   * Returns the address.
   *
   * @return what was given to the builder
   */
  public String getHostIP() {
    return hostIp;
  }

  /**
   * Returns the port.
   *
   * @return what was given to the builder, or 2223
   */
  public int getPort() {
    return port;
  }
}
