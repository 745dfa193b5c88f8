import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import java.io.ByteArrayInputStream;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.Security;
import java.security.spec.X509EncodedKeySpec;
import java.util.Collections;
import javax.security.auth.Destroyable;
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

/** Signs XML with the JDK's own XML signatures; the API takes no provider, and finds the HSM's by the key. */
public final class XmlSigning {
  private static final String ORDER = "<order><item>one</item></order>";

  private XmlSigning() {}

  /**
   * Runs.
   *
   * @param args none
   */
  public static void main(String[] args) throws Exception {
    Security.addProvider(new CloudHsmProvider());
    sign("RSA", 2048, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256");
    sign("EC", 256, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256");
  }

  private static void sign(String algorithm, int bits, String method) throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm, CloudHsmProvider.PROVIDER_NAME);
    generator.initialize(bits);
    KeyPair pair = generator.generateKeyPair();
    try {
      XMLSignatureFactory factory = XMLSignatureFactory.getInstance("DOM");
      Document document = parse(ORDER);
      factory
          .newXMLSignature(signedInfo(factory, method), null)
          .sign(new DOMSignContext(pair.getPrivate(), document.getDocumentElement()));
      String signed = print(document);

      // Whoever gets the document has the public key alone.
      X509EncodedKeySpec exported = new X509EncodedKeySpec(pair.getPublic().getEncoded());
      PublicKey publicKey = KeyFactory.getInstance(algorithm).generatePublic(exported);
      boolean genuine = validate(factory, signed, publicKey);
      boolean changed = validate(factory, signed.replace("one<", "two<"), publicKey);
      System.out.println(algorithm + ": genuine document " + genuine + ", changed document " + changed);
      if (!genuine || changed) {
        throw new IllegalStateException("The signature of the document is wrong.");
      }
    } finally {
      pair.getPrivate().destroy();
      ((Destroyable) pair.getPublic()).destroy();
    }
  }

  private static SignedInfo signedInfo(XMLSignatureFactory factory, String method) throws Exception {
    Transform enveloped = factory.newTransform(Transform.ENVELOPED, (TransformParameterSpec) null);
    Reference whole =
        factory.newReference(
            "", factory.newDigestMethod(DigestMethod.SHA256, null), Collections.singletonList(enveloped), null, null);
    return factory.newSignedInfo(
        factory.newCanonicalizationMethod(CanonicalizationMethod.EXCLUSIVE, (C14NMethodParameterSpec) null),
        factory.newSignatureMethod(method, null),
        Collections.singletonList(whole));
  }

  private static boolean validate(XMLSignatureFactory factory, String signed, PublicKey key) throws Exception {
    Document document = parse(signed);
    DOMValidateContext context =
        new DOMValidateContext(key, document.getElementsByTagNameNS(XMLSignature.XMLNS, "Signature").item(0));
    return factory.unmarshalXMLSignature(context).validate(context);
  }

  private static Document parse(String text) throws Exception {
    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    factory.setNamespaceAware(true);
    factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
    return factory.newDocumentBuilder().parse(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static String print(Document document) throws Exception {
    StringWriter text = new StringWriter();
    TransformerFactory.newInstance().newTransformer().transform(new DOMSource(document), new StreamResult(text));
    return text.toString();
  }
}
