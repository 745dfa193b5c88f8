package com.amazonaws.cloudhsm.jce.provider;

import io.hsmbridge.locate.ClusterConfig;
import io.hsmbridge.locate.LogConfig;
import io.hsmbridge.locate.Server;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** What a program's configuration says, as the search for the HSM takes it. */
final class Described {

  private Described() {}

  static ClusterConfig cluster(CloudHsmCluster cluster) {
    List<Server> servers =
        cluster.getServers().stream().map(server -> new Server(server.getHostIP(), server.getPort())).toList();
    Boolean availabilityCheck = cluster.getOptions().get(OptionalParameters.KEY_AVAILABILITY_CHECK);
    return new ClusterConfig(
        cluster.getClusterUniqueIdentifier(),
        path(cluster.getHsmCAFilePath()),
        null,
        null,
        servers,
        availabilityCheck,
        null,
        null);
  }

  static LogConfig logging(CloudHsmLoggingConfig logging) {
    if (logging == null) {
      return null;
    }
    return new LogConfig(
        lower(logging.getLogType()),
        path(logging.getLogFile()),
        lower(logging.getLogLevel()),
        lower(logging.getLogInterval()));
  }

  private static Path path(String path) {
    return path == null ? null : Path.of(path);
  }

  private static String lower(String value) {
    return value == null ? null : value.toLowerCase(Locale.ROOT);
  }
}
