package io.hsmbridge.locate;

import com.amazonaws.cloudhsm.jce.provider.CloudHsmCluster;
import com.amazonaws.cloudhsm.jce.provider.CloudHsmClusterBuilder;
import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import com.amazonaws.cloudhsm.jce.provider.CloudHsmProviderConfig;
import com.amazonaws.cloudhsm.jce.provider.CloudHsmServer;
import com.amazonaws.cloudhsm.jce.provider.OptionalParameters;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttribute;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import io.hsmbridge.engine.Engine;
import io.hsmbridge.engine.Log;
import io.hsmbridge.json.Json;
import io.hsmbridge.json.JsonNode;
import io.hsmbridge.socket.Endpoint;
import io.hsmbridge.socket.Wire;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.ref.WeakReference;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Provider;
import java.security.SecureRandom;
import java.security.Security;
import java.security.Signature;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.stream.Collectors;
import javax.crypto.KeyGenerator;

/**
 * Does what its standard input says, in a JVM that Python does not host: a line is a command and its arguments, each in
 * Base64, and so is the answer, its first word {@code ok} or the class of an exception.
 */
public final class Probe {

  private static CloudHsmProvider held;

  private Probe() {}

  public static void main(String[] args) throws IOException {
    BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    for (String line = requests.readLine(); line != null; line = requests.readLine()) {
      List<String> words =
          Arrays.stream(line.split(" ", -1))
              .map(word -> new String(Base64.getDecoder().decode(word), StandardCharsets.UTF_8))
              .collect(Collectors.toList());
      String answer;
      try {
        answer = "ok\n" + run(words.get(0), words.subList(1, words.size()));
      } catch (Throwable e) {
        answer = e.getClass().getName() + "\n" + e.getMessage();
      }
      System.out.println(Base64.getEncoder().encodeToString(answer.getBytes(StandardCharsets.UTF_8)));
    }
  }

  private static String run(String command, List<String> words) throws Exception {
    return switch (command) {
      case "set" -> set(words.get(0), words.get(1));
      case "json" -> dump(Json.parse(Path.of("test.json"), words.get(0)));
      case "file" -> ConfigFile.find(Home.find()) + "";
      case "merged" -> merged(words.get(0));
      case "home" -> Home.find().folder().toString();
      case "session" -> session(Locator.open(null, null));
      case "default" -> sign(new CloudHsmProvider());
      case "configured" -> sign(new CloudHsmProvider(config(words)));
      case "keep" -> keep(words.isEmpty() ? new CloudHsmProvider() : new CloudHsmProvider(config(words)));
      case "hold" -> hold();
      case "held" -> sign(held);
      case "threads" -> threads(Integer.parseInt(words.get(0)));
      case "failover" -> failover(words);
      case "first" -> first();
      case "random" -> String.valueOf(new SecureRandom().nextInt());
      case "unloads" -> unloads(Path.of(words.get(0)));
      case "interrupted" -> interrupted(words);
      case "startInterrupted" -> startInterrupted(Long.parseLong(words.get(0)));
      case "log" -> log(words);
      case "logs" -> logs(words);
      default -> throw new IllegalArgumentException(command);
    };
  }

  private static String set(String property, String value) {
    if (value.isEmpty()) {
      System.clearProperty(property);
    } else {
      System.setProperty(property, value);
    }
    return "";
  }

  private static String merged(String identifier) throws IOException {
    ClusterConfig entry = ConfigFile.find(Home.find()).cluster(identifier.isEmpty() ? null : identifier);
    return entry + " " + (entry == null ? "" : new TreeMap<>(entry.rules()));
  }

  private static String session(Engine engine) {
    Map<String, Object> info = engine.info();
    engine.close();
    return new TreeMap<>(info).toString();
  }

  /** Makes a key and signs with it. */
  private static String sign(CloudHsmProvider provider) throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", provider);
    generator.initialize(256);
    KeyPair pair = generator.generateKeyPair();
    Signature signature = Signature.getInstance("SHA256withECDSA", provider);
    signature.initSign(pair.getPrivate());
    byte[] signed = signature.sign();
    Signature software = Signature.getInstance("SHA256withECDSA", "SunEC");
    software.initVerify(pair.getPublic());
    return provider.getName() + " " + software.verify(signed);
  }

  private static String first() throws Exception {
    held = new CloudHsmProvider();
    return String.valueOf(Security.insertProviderAt(held, 1));
  }

  /** Makes a provider and interrupts the thread meanwhile; tells whether its flag is set at the end. */
  private static String startInterrupted(long milliseconds) throws Exception {
    Thread maker = Thread.currentThread();
    Thread interrupter =
        new Thread(
            () -> {
              try {
                Thread.sleep(milliseconds);
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
              maker.interrupt();
            });
    interrupter.start();
    String result = sign(new CloudHsmProvider());
    return result + " " + Thread.interrupted();
  }

  /** Uses the provider as a web application does that has the jar in itself; tells whether all of it goes. */
  private static String unloads(Path jar) throws Exception {
    WeakReference<ClassLoader> loader = used(jar);
    for (int i = 0; i < 100 && loader.get() != null; i++) {
      System.gc();
      Thread.sleep(100);
    }
    return String.valueOf(loader.get() == null);
  }

  private static WeakReference<ClassLoader> used(Path jar) throws Exception {
    try (URLClassLoader loader =
        new URLClassLoader(new URL[] {jar.toUri().toURL()}, ClassLoader.getPlatformClassLoader())) {
      Thread.currentThread().setContextClassLoader(loader);
      Class<?> type = Class.forName("com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider", true, loader);
      Provider provider = (Provider) type.getConstructor().newInstance();
      Security.addProvider(provider);
      KeyGenerator.getInstance("AES", provider).generateKey();
      Security.removeProvider(provider.getName());
      Thread.currentThread().setContextClassLoader(null);
      return new WeakReference<>(loader);
    }
  }

  /** Logs to a file, once with the thread's flag set. */
  private static String interrupted(List<String> words) throws IOException {
    Logs.configure(new LogConfig("file", Path.of(words.get(0)), "info", "never"), Home.find());
    Log.LOGGER.info("one");
    Thread.currentThread().interrupt();
    Log.LOGGER.info("two");
    boolean flag = Thread.interrupted();
    Log.LOGGER.info("three");
    return String.valueOf(flag);
  }

  private static String hold() throws Exception {
    held = new CloudHsmProvider();
    return "";
  }

  /** Signs with the provider that is held, in threads that begin at once; tells how many succeeded. */
  private static String threads(int count) throws Exception {
    CountDownLatch begin = new CountDownLatch(count);
    ExecutorService pool = Executors.newFixedThreadPool(count);
    List<Future<String>> results = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      results.add(
          pool.submit(
              () -> {
                begin.countDown();
                begin.await();
                return sign(held);
              }));
    }
    int good = 0;
    for (Future<String> result : results) {
      good += result.get().endsWith(" true") ? 1 : 0;
    }
    pool.shutdown();
    return String.valueOf(good);
  }

  /** Makes a persistent key and tells whether it is to be had in clear. */
  private static String keep(CloudHsmProvider provider) throws Exception {
    KeyAttributesMap attributes = new KeyAttributesMap();
    attributes.put(KeyAttribute.LABEL, "kept " + System.nanoTime());
    attributes.put(KeyAttribute.TOKEN, true);
    attributes.put(KeyAttribute.EXTRACTABLE, true);
    attributes.put(KeyAttribute.SIZE, 256);
    KeyGenerator generator = KeyGenerator.getInstance("AES", provider);
    generator.init(attributes);
    return generator.generateKey().getEncoded() == null ? "inside" : "in clear";
  }

  /** Identifier, CA, availability check, then hosts and ports. */
  private static CloudHsmProviderConfig config(List<String> words) {
    CloudHsmClusterBuilder cluster = CloudHsmCluster.builder();
    if (!words.get(0).isEmpty()) {
      cluster.withClusterUniqueIdentifier(words.get(0));
    }
    if (!words.get(1).isEmpty()) {
      cluster.withHsmCAFilePath(words.get(1));
    }
    if (!words.get(2).isEmpty()) {
      cluster.withOptions(OptionalParameters.KEY_AVAILABILITY_CHECK, Boolean.parseBoolean(words.get(2)));
    }
    for (int i = 3; i < words.size(); i += 2) {
      int port = Integer.parseInt(words.get(i + 1));
      cluster.withServer(CloudHsmServer.builder().withHostIP(words.get(i)).withPort(port).build());
    }
    return CloudHsmProviderConfig.builder().withCluster(cluster.build()).build();
  }

  /** Connects as often as there are words, each with the endpoints that answer; tells which ones were tried. */
  private static String failover(List<String> rounds) {
    List<String> tried = new ArrayList<>();
    StringBuilder alive = new StringBuilder();
    List<Endpoint> endpoints = new ArrayList<>();
    for (String name : List.of("a", "b", "c")) {
      endpoints.add(new Named(name, alive, tried));
    }
    Failover failover = new Failover(endpoints);
    for (String round : rounds) {
      alive.setLength(0);
      alive.append(round);
      try {
        failover.connect(Duration.ofSeconds(1));
      } catch (IOException e) {
        tried.add("[" + e.getMessage() + "]");
      }
      tried.add(",");
    }
    return String.join("", tried);
  }

  private record Named(String name, StringBuilder alive, List<String> tried) implements Endpoint {

    @Override
    public Wire connect(Duration timeout) throws IOException {
      tried.add(name);
      if (alive.indexOf(name) < 0) {
        throw new IOException("dead");
      }
      return null;
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /** Writes a line at each of several times into a log file: path, interval, times. */
  private static String log(List<String> words) throws IOException {
    Instant[] now = new Instant[1];
    Clock clock =
        new Clock() {
          @Override
          public Instant instant() {
            return now[0];
          }

          @Override
          public ZoneOffset getZone() {
            return ZoneOffset.UTC;
          }

          @Override
          public Clock withZone(java.time.ZoneId zone) {
            return this;
          }
        };
    now[0] = Instant.parse(words.get(2));
    LogFile file = LogFile.open(Path.of(words.get(0)), words.get(1), clock);
    file.setFormatter(new LogLine());
    for (String time : words.subList(2, words.size())) {
      now[0] = Instant.parse(time);
      LogRecord record = new LogRecord(Level.WARNING, "at {0}\nand on");
      record.setInstant(now[0]);
      record.setLoggerName("io.hsmbridge");
      record.setParameters(new Object[] {time});
      file.publish(record);
    }
    file.close();
    return "";
  }

  /** Sets the log up as a configuration file does, then logs at each level. */
  private static String logs(List<String> words) throws IOException {
    String file = words.get(1);
    if (!words.get(0).isEmpty()) {
      Logs.configure(new LogConfig(words.get(0), Path.of(file), words.get(2), "never"), Home.find());
    }
    for (Level level : List.of(Level.SEVERE, Level.WARNING, Level.INFO, Level.FINE, Level.FINEST)) {
      Log.LOGGER.log(level, "a line of level {0}", level);
    }
    return "";
  }

  private static String dump(JsonNode node) {
    Object value = node.value();
    if (value instanceof Map<?, ?> members) {
      return members.entrySet().stream()
          .map(entry -> text(entry.getKey().toString()) + ":" + dump((JsonNode) entry.getValue()))
          .collect(Collectors.joining(",", "{", "}"));
    }
    if (value instanceof List<?> elements) {
      return elements.stream().map(element -> dump((JsonNode) element)).collect(Collectors.joining(",", "[", "]"));
    }
    // How a fraction is written is not what is compared.
    Object shown = value instanceof Double ? "a float" : value;
    return shown instanceof String string ? text(string) : String.valueOf(shown);
  }

  private static String text(String text) {
    return text.chars().mapToObj(unit -> String.format("%04x", unit)).collect(Collectors.joining("", "\"", "\""));
  }
}
