package io.hsmbridge.locate;

import com.amazonaws.cloudhsm.jce.jni.exception.ProviderInitializationException;
import io.hsmbridge.engine.Engine;
import io.hsmbridge.engine.HsmException;
import io.hsmbridge.engine.Log;
import io.hsmbridge.engine.ReturnCodes;
import io.hsmbridge.hosted.InProcess;
import io.hsmbridge.socket.ClientOptions;
import io.hsmbridge.socket.SocketEngine;
import java.io.IOException;
import java.util.logging.Level;

/**
 * Finds the HSM of a provider, in this order: the engine of the process that hosts this JVM; the servers that the
 * program's configuration names, or else the configuration file; the socket in the home, whose daemon is started if it
 * is not there.
 */
public final class Locator {

  private Locator() {}

  /**
   * Opens a session with the HSM.
   *
   * @param cluster what the program asks for; null for the default HSM
   * @param logging what the program asks for; null to do as the configuration file says
   * @return the session, which nobody has logged in to
   * @throws IOException if a configuration file, or a file that the configuration names, cannot be read
   * @throws ProviderInitializationException if no HSM can be reached; the message says what was tried, and what to do
   */
  public static Engine open(ClusterConfig cluster, LogConfig logging)
      throws IOException, ProviderInitializationException {
    ClusterConfig wanted = cluster == null ? ClusterConfig.NONE : cluster;
    InProcess host = InProcess.find();
    if (host != null) {
      return hosted(host, wanted);
    }
    Home home = Home.find();
    ConfigFile file = ConfigFile.find(home);
    LogConfig log = logging != null || file == null ? logging : file.logging();
    if (log != null) {
      Logs.configure(log, home);
    }
    ClusterConfig entry = file == null ? null : file.cluster(wanted.identifier());
    ClusterConfig config = entry == null ? wanted : wanted.orElse(entry);
    if (file != null && wanted.servers().isEmpty()) {
      file.requireRoute(wanted.identifier());
    }
    Route route = Route.choose(home, file, config, !wanted.servers().isEmpty());
    Engine engine = connect(route, options(config));
    if (log != null) {
      Log.LOGGER.log(Level.INFO, "Connected to {0}.", route);
    }
    return engine;
  }

  private static ClientOptions options(ClusterConfig config) {
    ClientOptions defaults = ClientOptions.defaults();
    return new ClientOptions(
        defaults.connectTimeout(),
        defaults.requestTimeout(),
        config.retry() == null ? defaults.retry() : config.retry(),
        defaults.maxConnections(),
        defaults.maxOperations(),
        config.identifier(),
        config.rules());
  }

  private static Engine connect(Route route, ClientOptions options) throws ProviderInitializationException {
    try {
      return SocketEngine.open(route, options);
    } catch (HsmException e) {
      boolean unreachable = e.code() == ReturnCodes.DEVICE_REMOVED;
      throw new ProviderInitializationException(unreachable ? route.failed(e) : e.getMessage(), e);
    }
  }

  private static Engine hosted(InProcess host, ClusterConfig wanted) throws ProviderInitializationException {
    try {
      return host.open(wanted.identifier(), wanted.rules());
    } catch (HsmException e) {
      throw new ProviderInitializationException(e.getMessage(), e);
    }
  }
}
