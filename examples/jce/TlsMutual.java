import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import com.amazonaws.cloudhsm.jce.provider.attributes.EcParams;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttribute;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyPairAttributesMapBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.Security;
import java.security.cert.Certificate;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import javax.security.auth.Destroyable;

/** TLS in which both sides have their keys in the HSM; JSSE finds the provider by the key and is told no name. */
public final class TlsMutual {
  private TlsMutual() {}

  /**
   * Runs.
   *
   * @param args none
   */
  public static void main(String[] args) throws Exception {
    Security.addProvider(new CloudHsmProvider());
    KeyPair server = generate("tls-server");
    KeyPair client = generate("tls-client");
    try {
      Certificate serverCertificate = SelfSigned.certify(server, "CN=server");
      Certificate clientCertificate = SelfSigned.certify(client, "CN=client");
      SSLContext serverContext = context("tls-server", server, serverCertificate, clientCertificate);
      SSLContext clientContext = context("tls-client", client, clientCertificate, serverCertificate);
      for (String protocol : new String[] {"TLSv1.2", "TLSv1.3"}) {
        talk(serverContext, clientContext, protocol);
      }
    } finally {
      destroy(server);
      destroy(client);
    }
  }

  private static KeyPair generate(String label) throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", CloudHsmProvider.PROVIDER_NAME);
    generator.initialize(
        new KeyPairAttributesMapBuilder()
            .withPublic(KeyAttribute.EC_PARAMS, EcParams.EC_CURVE_PRIME256)
            .withPublic(KeyAttribute.LABEL, label + ":Public")
            .withPrivate(KeyAttribute.LABEL, label)
            .withPrivate(KeyAttribute.EXTRACTABLE, false)
            .build());
    return generator.generateKeyPair();
  }

  /** Puts one side's key with its certificate, and the certificate of the other side, into stores in memory. */
  private static SSLContext context(String label, KeyPair own, Certificate certificate, Certificate trusted)
      throws Exception {
    KeyStore keys = KeyStore.getInstance(CloudHsmProvider.CLOUDHSM_KEYSTORE_TYPE);
    keys.load(null, null);
    keys.setKeyEntry(label, own.getPrivate(), null, new Certificate[] {certificate});
    KeyManagerFactory keyManagers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keyManagers.init(keys, null);

    KeyStore trust = KeyStore.getInstance("PKCS12");
    trust.load(null, null);
    trust.setCertificateEntry("peer", trusted);
    TrustManagerFactory trustManagers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trustManagers.init(trust);

    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keyManagers.getKeyManagers(), trustManagers.getTrustManagers(), null);
    return context;
  }

  private static void talk(SSLContext serverContext, SSLContext clientContext, String protocol) throws Exception {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    ExecutorService background = Executors.newSingleThreadExecutor();
    try (SSLServerSocket listener =
        (SSLServerSocket) serverContext.getServerSocketFactory().createServerSocket(0, 1, loopback)) {
      listener.setEnabledProtocols(new String[] {protocol});
      listener.setNeedClientAuth(true);
      Future<String> clientName = background.submit(() -> answer(listener));
      try (SSLSocket socket =
          (SSLSocket) clientContext.getSocketFactory().createSocket(loopback, listener.getLocalPort())) {
        socket.getOutputStream().write(42);
        int answer = socket.getInputStream().read();
        System.out.println(
            protocol + ": client talks to " + socket.getSession().getPeerPrincipal() + ", server to "
                + clientName.get() + ", answer " + answer);
      }
    } finally {
      background.shutdown();
    }
  }

  private static String answer(SSLServerSocket listener) throws IOException {
    try (SSLSocket socket = (SSLSocket) listener.accept()) {
      socket.getOutputStream().write(socket.getInputStream().read() + 1);
      return socket.getSession().getPeerPrincipal().toString();
    }
  }

  private static void destroy(KeyPair pair) throws Exception {
    pair.getPrivate().destroy();
    ((Destroyable) pair.getPublic()).destroy();
  }
}
