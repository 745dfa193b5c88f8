package io.hsmbridge.locate;

import io.hsmbridge.engine.Connecting;
import io.hsmbridge.engine.OwnProvider;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Security;
import java.security.Signature;
import java.security.SignatureException;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Reads the certificates and the key of a TLS connection. */
final class TlsMaterial {

  private static final int LARGEST = 1 << 20;
  private static final Pattern PKCS8 =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");
  private static final Map<String, String> SIGNATURES =
      Map.of("EC", "SHA256withECDSA", "RSA", "SHA256withRSA", "EdDSA", "EdDSA");
  private static final Pattern OTHER_KEY = Pattern.compile("-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----");

  private TlsMaterial() {}

  /**
   * Makes the context of connections to an HSM.
   *
   * @param config has the files; without a certificate of the client, none is presented
   * @return a context that trusts the HSM's CA only
   * @throws IOException if a file is missing or does not hold what it should
   */
  static SSLContext context(ClusterConfig config) throws IOException {
    return Connecting.marked(() -> made(config));
  }

  private static SSLContext made(ClusterConfig config) throws IOException {
    try {
      TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(store(certificates("hsm_ca_file", config.hsmCa())));
      SSLContext context = SSLContext.getInstance("TLSv1.3");
      context.init(keyManagers(config), trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IOException("TLS cannot be set up in this JVM: " + e.getMessage() + ".", e);
    }
  }

  private static KeyManager[] keyManagers(ClusterConfig config) throws IOException, GeneralSecurityException {
    if (config.clientCertificate() == null && config.clientKey() == null) {
      return new KeyManager[0];
    }
    List<X509Certificate> chain = certificates("client_cert_path", config.clientCertificate());
    PrivateKey key = privateKey(config.clientKey());
    if (!belong(key, chain.get(0).getPublicKey())) {
      throw new IOException(
          "The key in " + config.clientKey() + " is not that of the first certificate in "
              + config.clientCertificate() + ". Name the two files that were made together.");
    }
    return new KeyManager[] {new ClientIdentity(key, chain)};
  }

  private static KeyStore store(List<X509Certificate> certificates) throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    for (int i = 0; i < certificates.size(); i++) {
      store.setCertificateEntry("ca-" + i, certificates.get(i));
    }
    return store;
  }

  private static List<X509Certificate> certificates(String key, Path file) throws IOException {
    byte[] content = read(key, file);
    try {
      Collection<? extends Certificate> found =
          CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(content));
      if (found.isEmpty()) {
        throw wrong(key, file, "it holds no certificate", null);
      }
      return found.stream().map(X509Certificate.class::cast).toList();
    } catch (GeneralSecurityException e) {
      throw wrong(key, file, "it holds no certificate in PEM or DER (" + e.getMessage() + ")", e);
    }
  }

  private static PrivateKey privateKey(Path file) throws IOException {
    byte[] content = read("client_key_path", file);
    String text = new String(content, StandardCharsets.ISO_8859_1);
    Arrays.fill(content, (byte) 0);
    Matcher found = PKCS8.matcher(text);
    if (!found.find()) {
      Matcher other = OTHER_KEY.matcher(text);
      throw wrong(
          "client_key_path",
          file,
          other.find()
              ? "it holds an " + other.group(1) + ", not a PRIVATE KEY (PKCS#8) without a password; turn it into one"
                  + " with `openssl pkcs8 -topk8 -nocrypt -in " + file + "`"
              : "it holds no PRIVATE KEY in PEM",
          null);
    }
    byte[] der = Base64.getMimeDecoder().decode(found.group(1));
    try {
      for (String algorithm : SIGNATURES.keySet()) {
        PrivateKey key = parsed(algorithm, der);
        if (key != null) {
          return key;
        }
      }
    } finally {
      Arrays.fill(der, (byte) 0);
    }
    throw wrong("client_key_path", file, "its key is neither EC, RSA, Ed25519 nor Ed448", null);
  }

  private static PrivateKey parsed(String algorithm, byte[] der) {
    try {
      Provider first = KeyFactory.getInstance(algorithm).getProvider();
      return KeyFactory.getInstance(algorithm, software(first, "KeyFactory." + algorithm))
          .generatePrivate(new PKCS8EncodedKeySpec(der));
    } catch (GeneralSecurityException e) {
      return null;
    }
  }

  /**
   * Finds a provider that is not ours, since a key of the way to the HSM cannot be in the HSM; it is the first one, if
   * that is not.
   *
   * <p>All providers are asked for only if need be: while the JDK makes our own, which {@code java.security} names,
   * that would drop our own from its list for good.
   */
  private static Provider software(Provider first, String service) throws GeneralSecurityException {
    if (!(first instanceof OwnProvider)) {
      return first;
    }
    Provider[] found = Security.getProviders(service);
    return Arrays.stream(found == null ? new Provider[0] : found)
        .filter(provider -> !(provider instanceof OwnProvider))
        .findFirst()
        .orElseThrow(() -> new GeneralSecurityException("no provider has " + service));
  }

  /** Signs and verifies: there is no other way to compare the halves of all kinds of keys. */
  private static boolean belong(PrivateKey key, PublicKey publicKey) throws GeneralSecurityException {
    if (!key.getAlgorithm().equals(publicKey.getAlgorithm())) {
      return false;
    }
    String algorithm = SIGNATURES.get(key.getAlgorithm());
    Provider first = Signature.getInstance(algorithm).getProvider();
    Signature signature = Signature.getInstance(algorithm, software(first, "Signature." + algorithm));
    // EdDSA of JDK 17 does not verify its own signature of nothing.
    byte[] data = {1};
    signature.initSign(key);
    signature.update(data);
    byte[] signed = signature.sign();
    signature.initVerify(publicKey);
    signature.update(data);
    try {
      return signature.verify(signed);
    } catch (SignatureException e) {
      return false;
    }
  }

  private static byte[] read(String key, Path file) throws IOException {
    try {
      if (Files.size(file) > LARGEST) {
        throw wrong(key, file, "it is longer than " + LARGEST + " bytes", null);
      }
      return Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw wrong(key, file, "there is no such file", e);
    } catch (FileSystemException e) {
      throw wrong(key, file, e.getReason() == null ? "it is no file that can be read" : e.getReason(), e);
    }
  }

  private static IOException wrong(String key, Path file, String why, Throwable cause) {
    return new IOException(
        "Could not read configuration-referenced file " + key + " at location " + file + ": " + why + ".", cause);
  }
}
