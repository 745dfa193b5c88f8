package io.hsmbridge.locate;

import io.hsmbridge.engine.Log;
import io.hsmbridge.socket.Endpoint;
import io.hsmbridge.socket.Wire;
import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.time.Duration;
import java.util.List;
import java.util.StringJoiner;
import java.util.logging.Level;

/** Several servers of one cluster, tried in turn, beginning with the one that answered last. */
final class Failover implements Endpoint {

  /** A server that refuses a certificate may be gone before its reason is read. */
  static final String REFUSED = " (it may not accept the client's certificate, or miss one)";

  private final List<Endpoint> endpoints;
  private volatile int good;

  /** Takes one endpoint or more. */
  Failover(List<? extends Endpoint> endpoints) {
    this.endpoints = List.copyOf(endpoints);
  }

  @Override
  public Wire connect(Duration timeout) throws IOException {
    return first(place -> place.connect(timeout));
  }

  @Override
  public <T> T first(Work<T> work) throws IOException {
    int first = good;
    IOException failure = null;
    StringJoiner reasons = new StringJoiner("; ");
    for (int i = 0; i < endpoints.size(); i++) {
      int tried = (first + i) % endpoints.size();
      Endpoint endpoint = endpoints.get(tried);
      try {
        T result = work.at(endpoint);
        if (tried != first) {
          Log.LOGGER.log(Level.WARNING, "Connections go to {0} now.", endpoint);
          good = tried;
        }
        return result;
      } catch (IOException e) {
        reasons.add(endpoint + ": " + Reason.of(e, endpoint) + (isCutShort(e) ? REFUSED : ""));
        if (failure != null) {
          e.addSuppressed(failure);
        }
        failure = e;
      }
    }
    throw new IOException(reasons.toString(), failure);
  }

  private static boolean isCutShort(IOException e) {
    return e instanceof EOFException
        || e instanceof SocketException
        && !(e instanceof ConnectException)
        && !(e instanceof NoRouteToHostException);
  }

  @Override
  public String toString() {
    StringJoiner names = new StringJoiner(", ");
    endpoints.forEach(endpoint -> names.add(endpoint.toString()));
    return names.toString();
  }
}
