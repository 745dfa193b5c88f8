package io.hsmbridge.locate;

import com.amazonaws.cloudhsm.jce.jni.exception.ProviderInitializationException;
import io.hsmbridge.json.Json;
import io.hsmbridge.json.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The file {@code cloudhsm-jce.cfg}, with the keys of the original, as {@code hsmbridge configure} writes it. Unknown
 * keys are ignored.
 *
 * @param path the file
 * @param clusters its clusters, in order
 * @param switchedOff those clusters whose servers have {@code "enable": false}, all of them
 * @param logging its logging; null if it says nothing of it
 */
record ConfigFile(Path path, List<ClusterConfig> clusters, List<ClusterConfig> switchedOff, LogConfig logging) {

  private static final int LARGEST = 1 << 20;
  private static final String BYTE_ORDER_MARK = "\uFEFF";
  private static final int DEFAULT_PORT = 2223;
  private static final int LAST_PORT = 65535;
  private static final Pattern HOST = Pattern.compile("[A-Za-z0-9_.:%-]{1,255}");

  private static final List<String> LOG_TYPES = List.of("file", "term");
  private static final List<String> LOG_LEVELS = List.of("error", "warn", "info", "debug", "trace");
  private static final List<String> LOG_INTERVALS = List.of("never", "hourly", "daily", "weekly");

  /**
   * Finds and reads the file.
   *
   * @param home where it is unless the user names another
   * @return the file; null if there is none in the home and none is named
   * @throws IOException if it cannot be read, or says what it must not
   */
  static ConfigFile find(Home home) throws IOException {
    Path named = Settings.CONFIG.path();
    Path path = named != null ? named : home.configFile();
    try {
      return read(path);
    } catch (NoSuchFileException e) {
      if (named == null) {
        return null;
      }
      throw caused(
          new IOException(
              "The configuration file " + named + ", which " + Settings.CONFIG + " names, is not there. Write it with"
                  + " `hsmbridge configure -a ADDRESS --config " + named + "`, or unset " + Settings.CONFIG + "."),
          e);
    }
  }

  private static ConfigFile read(Path path) throws IOException {
    byte[] content;
    try (InputStream file = Files.newInputStream(path)) {
      content = file.readNBytes(LARGEST + 1);
    } catch (NoSuchFileException e) {
      throw e;
    } catch (IOException e) {
      throw caused(
          new IOException(
              "The configuration file " + path + " cannot be read ("
                  + (e instanceof AccessDeniedException ? "permission denied" : e.getMessage())
                  + "). Name one that can in HSMBRIDGE_CONFIG, or another home in HSMBRIDGE_HOME."),
          e);
    }
    if (content.length > LARGEST) {
      throw new IOException("The configuration file " + path + " is longer than " + LARGEST + " bytes.");
    }
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString();
      return of(path, Json.parse(path, text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text));
    } catch (CharacterCodingException e) {
      throw caused(new IOException("The configuration file " + path + " is not in UTF-8."), e);
    }
  }

  private static ConfigFile of(Path path, JsonNode root) throws IOException {
    List<ClusterConfig> clusters = new ArrayList<>();
    List<ClusterConfig> switchedOff = new ArrayList<>();
    root.members("the file");
    for (JsonNode entry : root.elements("clusters")) {
      entry.members("an element of \"clusters\"");
      JsonNode cluster = entry.member("cluster");
      if (cluster == null) {
        throw entry.wrong("an element of \"clusters\" has no \"cluster\".");
      }
      ClusterConfig config = cluster(cluster);
      if (clusters.stream().anyMatch(other -> Objects.equals(other.identifier(), config.identifier()))) {
        throw cluster.wrong("two clusters have " + (config.identifier() == null
            ? "no \"cluster_id\"." : "the \"cluster_id\" " + config.identifier() + "."));
      }
      clusters.add(config);
      if (config.servers().isEmpty() && !cluster.elements("servers").isEmpty()) {
        switchedOff.add(config);
      }
    }
    return new ConfigFile(path, List.copyOf(clusters), List.copyOf(switchedOff), logging(root.member("logging")));
  }

  private static ClusterConfig cluster(JsonNode node) throws IOException {
    node.members("\"cluster\"");
    JsonNode given = node.member("options");
    JsonNode options = given != null ? given : new JsonNode(node.source(), node.line(), Map.of());
    Path[] client = client(node);
    List<Server> servers = new ArrayList<>();
    for (JsonNode server : node.elements("servers")) {
      server.members("an element of \"servers\"");
      Server read = server(server);
      if (!Boolean.FALSE.equals(server.flag("enable"))) {
        servers.add(read);
      }
    }
    Boolean availabilityOff = options.flag("disable_key_availability_check");
    String retry = options.choice("default_retry_mode", List.of("off", "standard"));
    return new ClusterConfig(
        node.text("cluster_id"),
        node.path("hsm_ca_file"),
        client[0],
        client[1],
        servers,
        availabilityOff == null ? null : Boolean.valueOf(!availabilityOff),
        options.flag("enable_clear_key_extraction_in_software"),
        retry == null ? null : Boolean.valueOf(retry.equals("standard")));
  }

  /** Returns certificate and key; the pair for the HSM's own TLS counts more, where there are two. */
  private static Path[] client(JsonNode node) throws IOException {
    Path[] result = new Path[2];
    for (String kind : List.of("client_%s_path", "client_%s_hsm_tls_path")) {
      Path certificate = node.path(String.format(kind, "cert"));
      Path key = node.path(String.format(kind, "key"));
      if (certificate == null != (key == null)) {
        throw node.wrong(
            "\"" + String.format(kind, "cert") + "\" and \"" + String.format(kind, "key")
                + "\" go together; one of them is missing.");
      }
      if (certificate != null) {
        result = new Path[] {certificate, key};
      }
    }
    return result;
  }

  private static Server server(JsonNode node) throws IOException {
    String host = node.text("hostname");
    if (host == null || !HOST.matcher(host).matches()) {
      JsonNode where = host == null ? node : node.member("hostname");
      throw where.wrong(
          "hostname has an invalid value" + (host == null ? "" : ": \"" + host + "\"") + ". Write the address of the"
              + " HSM with `hsmbridge configure -a ADDRESS`.");
    }
    Long port = node.number("port");
    if (port != null && (port < 1 || port > LAST_PORT)) {
      throw node.member("port").wrong("port has an invalid value: a port is a number from 1 to 65535.");
    }
    return new Server(host, port == null ? DEFAULT_PORT : port.intValue());
  }

  private static LogConfig logging(JsonNode node) throws IOException {
    if (node == null) {
      return null;
    }
    node.members("\"logging\"");
    return new LogConfig(
        node.choice("log_type", LOG_TYPES),
        node.path("log_file"),
        node.choice("log_level", LOG_LEVELS),
        node.choice("log_interval", LOG_INTERVALS));
  }

  /** Returns the cluster of an identifier, or for null the first one; null if there is none. */
  ClusterConfig cluster(String identifier) {
    return clusters.stream()
        .filter(cluster -> identifier == null || identifier.equals(cluster.identifier()))
        .findFirst()
        .orElse(null);
  }

  /**
   * Refuses to pass a cluster's servers over: what names servers must not end up with the HSM of the home.
   *
   * @param identifier of the cluster that the program asks for without naming servers; null for the first one
   * @throws IOException if all its servers are switched off
   * @throws ProviderInitializationException if the file has clusters with servers, and none of this identifier
   */
  void requireRoute(String identifier) throws IOException, ProviderInitializationException {
    ClusterConfig cluster = cluster(identifier);
    if (cluster == null && clusters.stream().anyMatch(other -> !other.servers().isEmpty())) {
      String known = clusters.stream()
          .map(other -> other.identifier() == null ? "one without \"cluster_id\"" : other.identifier())
          .collect(Collectors.joining(", "));
      throw new ProviderInitializationException(
          "The configuration file " + path + " names no server of the cluster " + identifier + "; it has: " + known
              + ". Correct the identifier, or add the cluster with `hsmbridge configure add-cluster`.",
          null);
    }
    if (cluster != null && switchedOff.contains(cluster)) {
      throw new IOException(
          "In the configuration file " + path + " all servers of the cluster"
              + (cluster.identifier() == null ? "" : " " + cluster.identifier())
              + " have \"enable\": false. Set it to true for one, or leave \"servers\" empty to use the HSM of the"
              + " home.");
    }
  }

  private static IOException caused(IOException exception, Throwable cause) {
    exception.initCause(cause);
    return exception;
  }
}
