import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.KeyStoreException;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/**
 * Speaks TLS with keys in the HSM, named by their labels; both sides show certificates and verify those of the other.
 *
 * <p>A folder has the certificates, {@code ca.der} and {@code LABEL.der}. Each line of standard input is a command:
 * {@code talk PROTOCOL SERVER CLIENT} between two sockets here, {@code serve PROTOCOL SERVER} for one client, and
 * {@code connect PROTOCOL CLIENT PORT}. Whoever connects says a line and is told it again.
 */
public final class Tls {
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
  private static final int PATIENCE = 10_000;

  private final Path folder;
  private final ExecutorService background =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread thread = new Thread(task);
            thread.setDaemon(true);
            return thread;
          });

  private Tls(Path folder) {
    this.folder = folder;
  }

  public static void main(String[] args) throws Exception {
    Tls tls = new Tls(Path.of(args[0]));
    BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = commands.readLine(); line != null; line = commands.readLine()) {
      System.out.println(tls.run(line.split(" ")));
    }
  }

  private String run(String[] words) throws Exception {
    try {
      switch (words[0]) {
        case "talk":
          return talk(words[1], words[2], words[3]);
        case "serve":
          return serve(words[1], words[2]);
        default:
          return connect(words[1], words[2], Integer.parseInt(words[3]));
      }
    } catch (KeyStoreException e) {
      return e.toString();
    }
  }

  private String talk(String protocol, String server, String client) throws Exception {
    try (SSLServerSocket listener = listen(protocol, server)) {
      Future<String> served = background.submit(() -> answer(listener));
      String told = connect(protocol, client, listener.getLocalPort());
      return told + " | " + served.get();
    }
  }

  private String serve(String protocol, String server) throws Exception {
    try (SSLServerSocket listener = listen(protocol, server)) {
      System.out.println(listener.getLocalPort());
      return answer(listener);
    }
  }

  private SSLServerSocket listen(String protocol, String label) throws Exception {
    SSLServerSocket listener =
        (SSLServerSocket) context(label).getServerSocketFactory().createServerSocket(0, 1, LOOPBACK);
    listener.setSoTimeout(PATIENCE);
    listener.setEnabledProtocols(new String[] {protocol});
    listener.setNeedClientAuth(true);
    return listener;
  }

  private static String answer(SSLServerSocket listener) {
    try (SSLSocket socket = (SSLSocket) listener.accept()) {
      String line = read(socket);
      socket.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
      return peer(socket);
    } catch (IOException e) {
      return e.getClass().getName();
    }
  }

  private String connect(String protocol, String label, int port) throws Exception {
    try (SSLSocket socket = (SSLSocket) context(label).getSocketFactory().createSocket("127.0.0.1", port)) {
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setProtocols(new String[] {protocol});
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      socket.setSSLParameters(parameters);
      socket.getOutputStream().write("hello\n".getBytes(StandardCharsets.UTF_8));
      return read(socket) + " " + peer(socket);
    } catch (IOException e) {
      return e.getClass().getName();
    }
  }

  private static String read(SSLSocket socket) throws IOException {
    socket.setSoTimeout(PATIENCE);
    InputStream in = socket.getInputStream();
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c != '\n' && c >= 0; c = in.read()) {
      line.append((char) c);
    }
    return line.toString();
  }

  private static String peer(SSLSocket socket) throws IOException {
    return socket.getSession().getProtocol() + " " + socket.getSession().getPeerPrincipal();
  }

  private SSLContext context(String label) throws Exception {
    KeyStore store = KeyStore.getInstance("CloudHSM");
    store.load(null, null);
    Certificate[] chain = {certificate(label), certificate("ca")};
    store.setKeyEntry(label, store.getKey(label, null), null, chain);
    store.setCertificateEntry("ca", certificate("ca"));
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, null);
    TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    return context;
  }

  private Certificate certificate(String name) throws Exception {
    try (InputStream file = new FileInputStream(folder.resolve(name + ".der").toFile())) {
      return CertificateFactory.getInstance("X.509").generateCertificate(file);
    }
  }
}
