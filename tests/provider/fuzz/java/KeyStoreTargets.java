import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateParsingException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;

/** Files to load a keystore from. */
final class KeyStoreTargets {

  private static final char[] PASSWORD = "changeit".toCharArray();

  private KeyStoreTargets() {}

  /** Takes a folder with {@code certificate.der} and any PKCS#12 files, whose password is {@code changeit}. */
  static List<Target> of(Material material, Path folder) throws Exception {
    Certificate certificate;
    try (InputStream stream = Files.newInputStream(folder.resolve("certificate.der"))) {
      certificate = CertificateFactory.getInstance("X.509").generateCertificate(stream);
    }
    KeyStore store = KeyStore.getInstance("CloudHSM", material.provider);
    store.load(null, null);
    store.setCertificateEntry("one", certificate);
    store.setCertificateEntry("other", certificate);
    List<Target> targets = new ArrayList<>();
    targets.add(target(material, "keystore with a password", stored(store, PASSWORD), PASSWORD));
    targets.add(target(material, "keystore without a password", stored(store, null), null));
    targets.add(target(material, "keystore whose password is not given", stored(store, PASSWORD), null));
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.p12")) {
      for (Path file : files) {
        targets.add(target(material, "keystore " + file.getFileName(), Files.readAllBytes(file), PASSWORD));
      }
    }
    return targets;
  }

  private static byte[] stored(KeyStore store, char[] password) throws Exception {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    store.store(content, password);
    return content.toByteArray();
  }

  private static Target target(Material material, String name, byte[] content, char[] password) {
    return Target.of(
        name, List.of(content),
        Set.of(IOException.class, CertificateException.class, CertificateParsingException.class),
        input -> {
          KeyStore store = KeyStore.getInstance("CloudHSM", material.provider);
          store.load(new ByteArrayInputStream(input), password);
          for (String alias : Collections.list(store.aliases())) {
            store.getCertificateChain(alias);
          }
          return null;
        });
  }
}
