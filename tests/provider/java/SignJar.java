import java.io.FileOutputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.List;
import java.util.zip.ZipFile;
import jdk.security.jarsigner.JarSigner;

/** Signs jars through the JDK's API with keys in the HSM; arguments: folder, jar, then labels. */
public final class SignJar {
  private SignJar() {}

  public static void main(String[] args) throws Exception {
    Path folder = Path.of(args[0]);
    KeyStore store = KeyStore.getInstance("CloudHSM");
    store.load(null, null);
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    for (String label : List.of(args).subList(2, args.length)) {
      Certificate certificate;
      try (var in = Files.newInputStream(folder.resolve(label + ".der"))) {
        certificate = factory.generateCertificate(in);
      }
      PrivateKey key = (PrivateKey) store.getKey(label, null);
      JarSigner signer = new JarSigner.Builder(key, factory.generateCertPath(List.of(certificate))).build();
      try (ZipFile jar = new ZipFile(args[1]);
          OutputStream out = new FileOutputStream(folder.resolve(label + ".jar").toFile())) {
        signer.sign(jar, out);
      }
      System.out.println(label + " " + signer.getSignatureAlgorithm());
    }
  }
}
