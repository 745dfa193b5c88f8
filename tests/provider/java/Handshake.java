import java.io.FileInputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/** Talks TLS to itself; the server's key, named by its label, is in the HSM, and certificates come from files. */
public class Handshake {
  public static void main(String[] args) throws Exception {
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    Certificate authority = factory.generateCertificate(new FileInputStream(args[0]));
    ExecutorService background = Executors.newSingleThreadExecutor();
    for (int i = 1; i < args.length; i += 3) {
      KeyStore store = KeyStore.getInstance("CloudHSM");
      store.load(null, null);
      Certificate own = factory.generateCertificate(new FileInputStream(args[i + 1]));
      store.setKeyEntry(args[i], store.getKey(args[i], null), null, new Certificate[] {own, authority});
      store.setCertificateEntry("authority", authority);
      System.out.println(args[i] + " " + args[i + 2] + ": " + shake(store, args[i + 2], background));
    }
    background.shutdown();
  }

  private static SSLContext server(KeyStore store) throws GeneralSecurityException {
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, null);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    return context;
  }

  private static SSLContext client(KeyStore store) throws GeneralSecurityException {
    TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }

  private static String shake(KeyStore store, String protocol, ExecutorService background) throws Exception {
    try (SSLServerSocket listener = (SSLServerSocket) server(store).getServerSocketFactory().createServerSocket(0)) {
      listener.setEnabledProtocols(new String[] {protocol});
      Future<?> answer = background.submit(() -> { answer(listener); return null; });
      try (SSLSocket socket =
          (SSLSocket) client(store).getSocketFactory().createSocket("localhost", listener.getLocalPort())) {
        socket.startHandshake();
        int read = socket.getInputStream().read();
        X509Certificate peer = (X509Certificate) socket.getSession().getPeerCertificates()[0];
        answer.get();
        return peer.getSubjectX500Principal() + " " + socket.getSession().getProtocol() + " " + read;
      } catch (IOException e) {
        return e.toString();
      }
    }
  }

  private static void answer(SSLServerSocket listener) throws IOException {
    try (SSLSocket socket = (SSLSocket) listener.accept()) {
      socket.getOutputStream().write(42);
    }
  }
}
