import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import javax.security.auth.x500.X500Principal;

/**
 * Makes the self-signed certificates that the examples need, with the JDK alone, which has no public API for that.
 *
 * <p>A program that has Bouncy Castle uses its {@code JcaX509v3CertificateBuilder}, and {@code
 * JcaContentSignerBuilder(algorithm).setProvider("CloudHSM")} for the signature.
 */
final class SelfSigned {
  /** AlgorithmIdentifiers in DER: SHA256withRSA of RFC 4055, ecdsa-with-SHA256 of RFC 5758. */
  private static final String RSA_SHA256 = "300d06092a864886f70d01010b0500";

  private static final String ECDSA_SHA256 = "300a06082a8648ce3d040302";

  private static final int SEQUENCE = 0x30;
  private static final int BIT_STRING = 0x03;
  private static final int INTEGER = 0x02;
  private static final int GENERALIZED_TIME = 0x18;
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);

  private SelfSigned() {}

  /**
   * Certifies an RSA or EC key pair for 90 days.
   *
   * @param pair the key pair; the private half signs
   * @param name the subject, such as {@code CN=example}
   * @return the certificate
   */
  static X509Certificate certify(KeyPair pair, String name) throws GeneralSecurityException, IOException {
    boolean rsa = pair.getPrivate().getAlgorithm().equals("RSA");
    byte[] algorithm = new BigInteger(rsa ? RSA_SHA256 : ECDSA_SHA256, 16).toByteArray();
    byte[] subject = new X500Principal(name).getEncoded();
    Instant now = Instant.now();
    byte[] content =
        der(
            SEQUENCE,
            der(INTEGER, new BigInteger(63, new SecureRandom()).toByteArray()),
            algorithm,
            subject,
            der(SEQUENCE, time(now.minus(1, ChronoUnit.HOURS)), time(now.plus(90, ChronoUnit.DAYS))),
            subject,
            pair.getPublic().getEncoded());

    Signature signature = Signature.getInstance(rsa ? "SHA256withRSA" : "SHA256withECDSA", "CloudHSM");
    signature.initSign(pair.getPrivate());
    signature.update(content);
    byte[] certificate = der(SEQUENCE, content, algorithm, der(BIT_STRING, new byte[1], signature.sign()));
    return (X509Certificate)
        CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(certificate));
  }

  private static byte[] time(Instant instant) throws IOException {
    return der(GENERALIZED_TIME, TIME.format(instant).getBytes(StandardCharsets.US_ASCII));
  }

  /** A tag, the length in two bytes where one does not do, and the parts. */
  private static byte[] der(int tag, byte[]... parts) throws IOException {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      content.write(part);
    }
    ByteArrayOutputStream encoded = new ByteArrayOutputStream();
    encoded.write(tag);
    int length = content.size();
    if (length >= 0x100) {
      encoded.write(0x82);
      encoded.write(length >> 8);
    } else if (length >= 0x80) {
      encoded.write(0x81);
    }
    encoded.write(length);
    content.writeTo(encoded);
    return encoded.toByteArray();
  }
}
