import java.io.File;
import java.io.FileInputStream;
import java.io.InputStream;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyStore;
import java.security.PublicKey;
import java.security.Security;
import java.security.cert.CertificateFactory;
import java.util.List;
import javax.xml.crypto.dsig.CanonicalizationMethod;
import javax.xml.crypto.dsig.DigestMethod;
import javax.xml.crypto.dsig.Reference;
import javax.xml.crypto.dsig.SignedInfo;
import javax.xml.crypto.dsig.Transform;
import javax.xml.crypto.dsig.XMLSignature;
import javax.xml.crypto.dsig.XMLSignatureFactory;
import javax.xml.crypto.dsig.dom.DOMSignContext;
import javax.xml.crypto.dsig.dom.DOMValidateContext;
import javax.xml.crypto.dsig.spec.C14NMethodParameterSpec;
import javax.xml.crypto.dsig.spec.TransformParameterSpec;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.w3c.dom.Document;

/**
 * Signs XML files with keys in the HSM and verifies them with certificates, naming no provider but for PSS.
 *
 * <p>Arguments: {@code sign} or {@code verify}, a folder, and pairs of a label and a signature method. Verifying works
 * in a JVM that has no HSM.
 */
public final class XmlSign {
  private static final String PROVIDER = "org.jcp.xml.dsig.internal.dom.SignatureProvider";
  private static final XMLSignatureFactory FACTORY = XMLSignatureFactory.getInstance("DOM");

  private XmlSign() {}

  public static void main(String[] args) throws Exception {
    Path folder = Path.of(args[1]);
    for (int i = 2; i < args.length; i += 2) {
      File file = folder.resolve(args[i] + args[i + 1].replaceAll(".*#", "-") + ".xml").toFile();
      if (args[0].equals("sign")) {
        sign(args[i], args[i + 1], file);
      } else {
        System.out.println(file.getName() + " " + verify(certified(folder.resolve(args[i] + ".der")), file));
      }
    }
    System.out.println("providers: " + (Security.getProvider("CloudHSM") == null ? "stock" : "with CloudHSM"));
  }

  private static void sign(String label, String method, File file) throws Exception {
    KeyStore store = KeyStore.getInstance("CloudHSM");
    store.load(null, null);
    Key key = store.getKey(label, null);
    Document document = builder().newDocumentBuilder().newDocument();
    document.appendChild(document.createElement("order")).setTextContent("one of these");
    DOMSignContext context = new DOMSignContext(key, document.getDocumentElement());
    if (method.endsWith("MGF1")) {
      // The JDK sets the parameters of PSS before it knows the key, and so chooses a provider without it.
      context.setProperty(PROVIDER, Security.getProvider("CloudHSM"));
    }
    FACTORY.newXMLSignature(signedInfo(method), null).sign(context);
    TransformerFactory.newInstance().newTransformer().transform(new DOMSource(document), new StreamResult(file));
  }

  private static SignedInfo signedInfo(String method) throws Exception {
    Transform enveloped = FACTORY.newTransform(Transform.ENVELOPED, (TransformParameterSpec) null);
    DigestMethod digest = FACTORY.newDigestMethod(DigestMethod.SHA256, null);
    Reference whole = FACTORY.newReference("", digest, List.of(enveloped), null, null);
    CanonicalizationMethod form =
        FACTORY.newCanonicalizationMethod(CanonicalizationMethod.EXCLUSIVE, (C14NMethodParameterSpec) null);
    return FACTORY.newSignedInfo(form, FACTORY.newSignatureMethod(method, null), List.of(whole));
  }

  private static boolean verify(PublicKey key, File file) throws Exception {
    Document document = builder().newDocumentBuilder().parse(file);
    DOMValidateContext context =
        new DOMValidateContext(key, document.getElementsByTagNameNS(XMLSignature.XMLNS, "Signature").item(0));
    return FACTORY.unmarshalXMLSignature(context).validate(context);
  }

  private static DocumentBuilderFactory builder() {
    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    factory.setNamespaceAware(true);
    return factory;
  }

  private static PublicKey certified(Path certificate) throws Exception {
    try (InputStream in = new FileInputStream(certificate.toFile())) {
      return CertificateFactory.getInstance("X.509").generateCertificate(in).getPublicKey();
    }
  }
}
