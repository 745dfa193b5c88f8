package io.hsmbridge.locate;

/**
 * The address of one HSM of a cluster.
 *
 * @param host a name or an IP address
 * @param port from 1 to 65535
 */
public record Server(String host, int port) {

  @Override
  public String toString() {
    return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
  }
}
