package io.hsmbridge.socket;

import java.io.IOException;
import java.time.Duration;
import javax.net.ssl.SSLContext;

/** A daemon that listens on TCP, behind TLS 1.3 with client certificates. */
public final class TlsEndpoint implements Endpoint {

  private final String host;
  private final int port;
  private final SSLContext context;

  /**
   * Names the server; nothing is opened yet.
   *
   * @param host a name or an address, which the server's certificate must be for
   * @param port of the server
   * @param context has the CA that is trusted, and the client's certificate and key
   */
  public TlsEndpoint(String host, int port, SSLContext context) {
    this.host = host;
    this.port = port;
    this.context = context;
  }

  @Override
  public Wire connect(Duration timeout) throws IOException {
    return TlsWire.connect(host, port, context, timeout);
  }

  @Override
  public String toString() {
    return "the server " + (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
  }
}
