package io.hsmbridge.locate;

import io.hsmbridge.engine.HsmException;
import io.hsmbridge.socket.Endpoint;
import io.hsmbridge.socket.TlsEndpoint;
import io.hsmbridge.socket.UnixEndpoint;
import io.hsmbridge.socket.Wire;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;

/** The way to an HSM that was chosen, and why; it remembers what went wrong on it, for messages. */
final class Route implements Endpoint {

  private final Endpoint endpoint;
  private final List<String> passedOver;
  private final Supplier<String> remedy;
  private final boolean isTls;
  private volatile IOException failure;

  private Route(Endpoint endpoint, List<String> passedOver, Supplier<String> remedy) {
    this.endpoint = endpoint;
    this.passedOver = List.copyOf(passedOver);
    this.remedy = remedy;
    this.isTls = endpoint instanceof Failover;
  }

  /**
   * Chooses.
   *
   * @param home the user's
   * @param file the configuration file, or null
   * @param config what is asked for
   * @param byProgram whether the program named the servers, and not the file
   * @return servers, if there are any, or the socket of the home
   * @throws IOException if a file of certificates or keys cannot be read
   */
  static Route choose(Home home, ConfigFile file, ClusterConfig config, boolean byProgram) throws IOException {
    List<String> passedOver = new ArrayList<>();
    passedOver.add("an engine in this JVM: there is none, since Python did not start it");
    if (!config.servers().isEmpty()) {
      return servers(home, file, config, byProgram, passedOver);
    }
    passedOver.add(
        file == null
            ? "the configuration file " + home.configFile() + ": there is none"
            : "the configuration file " + file.path() + ": it names no server"
                + (config.identifier() == null ? "" : " of the cluster " + config.identifier()));
    return socket(home, passedOver);
  }

  private static Route servers(
      Home home, ConfigFile file, ClusterConfig config, boolean byProgram, List<String> passedOver)
      throws IOException {
    SSLContext context = TlsMaterial.context(config.orElse(elsewhere(home)));
    List<TlsEndpoint> endpoints = new ArrayList<>();
    config.servers().forEach(server -> endpoints.add(new TlsEndpoint(server.host(), server.port(), context)));
    String place = byProgram ? "the program's CloudHsmProviderConfig" : file.path().toString();
    String remedy =
        "Start the server where it belongs with `hsmbridge serve --listen " + config.servers().get(0) + "`, or correct "
            + (byProgram ? place : place + " with `hsmbridge configure -a ADDRESS`") + ".";
    return new Route(new Failover(endpoints), passedOver, () -> remedy);
  }

  /** Certificates that neither the program nor the file names. */
  private static ClusterConfig elsewhere(Home home) {
    Path ca = Settings.TLS_CA.path();
    return new ClusterConfig(
        null,
        ca == null ? home.ca() : ca,
        Settings.TLS_CERT.path(),
        Settings.TLS_KEY.path(),
        List.of(),
        null,
        null,
        null);
  }

  private static Route socket(Home home, List<String> passedOver) throws IOException {
    String refusal = home.socketRefusal();
    if (refusal != null) {
      return new Route(
          new Nowhere(home.socket(), refusal),
          passedOver,
          () -> "Move the home to a folder with a shorter path, and name that in HSMBRIDGE_HOME.");
    }
    Endpoint socket = new UnixEndpoint(home.socket());
    boolean startsIt = Settings.AUTOSTART.flag(true);
    if (!startsIt) {
      passedOver.add("to start a daemon: " + Settings.AUTOSTART + " forbids it");
    }
    return new Route(
        startsIt ? new OnDemand(socket, home.socket(), new Daemon(home)) : socket,
        passedOver,
        home::remedy);
  }

  @Override
  public Wire connect(Duration timeout) throws IOException {
    try {
      return endpoint.connect(timeout);
    } catch (IOException e) {
      failure = e;
      throw e;
    }
  }

  @Override
  public <T> T first(Work<T> work) throws IOException {
    try {
      return endpoint.first(work);
    } catch (IOException e) {
      failure = e;
      throw e;
    }
  }

  /** Says what was tried, why it failed, and what to do. */
  String failed(HsmException refusal) {
    IOException last = failure;
    List<String> tried = new ArrayList<>(passedOver);
    String reason = last == null ? refusal.getMessage() : Reason.of(last, endpoint);
    // Several servers are told apart in the reason already.
    boolean named = reason.contains(endpoint.toString());
    tried.add((named ? "" : endpoint + ": ") + reason + (last == null && isTls ? Failover.REFUSED : ""));
    StringBuilder message = new StringBuilder("No HSM can be reached. Tried: ");
    for (int i = 0; i < tried.size(); i++) {
      message.append(i == 0 ? "" : "; ").append('(').append(i + 1).append(") ").append(tried.get(i));
    }
    // Some reasons are sentences, others are not.
    return message.toString().replaceAll("\\.+$", "") + ". " + remedy.get();
  }

  @Override
  public String toString() {
    return endpoint.toString();
  }

  /** A socket that cannot be. */
  private record Nowhere(Path socket, String reason) implements Endpoint {

    @Override
    public Wire connect(Duration timeout) throws IOException {
      throw new IOException(reason);
    }

    @Override
    public String toString() {
      return "the socket " + socket;
    }
  }
}
