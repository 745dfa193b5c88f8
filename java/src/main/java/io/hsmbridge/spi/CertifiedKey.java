package io.hsmbridge.spi;

import java.security.cert.Certificate;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.Arrays;

/** Tells which key a certificate is for. */
final class CertifiedKey {

  /** DER tag of the version in a TBSCertificate, which version 1 leaves out (RFC 5280, 4.1). */
  private static final byte VERSION = (byte) 0xA0;

  /** Serial number, signature algorithm, issuer, validity and subject stand before the key. */
  private static final int BEFORE_KEY = 5;

  private CertifiedKey() {}

  /**
   * Compares a certificate's key with one of the HSM.
   *
   * @param certificate any certificate
   * @param publicKeyInfo SubjectPublicKeyInfo DER
   * @return true if it is the same key
   */
  static boolean isKeyOf(Certificate certificate, byte[] publicKeyInfo) {
    return Arrays.equals(publicKeyInfo, certificate.getPublicKey().getEncoded())
        || Arrays.equals(publicKeyInfo, written(certificate));
  }

  /** A JDK that does not know the key's algorithm adds parameters to its encoding that the certificate does not have. */
  private static byte[] written(Certificate certificate) {
    if (!(certificate instanceof X509Certificate)) {
      return null;
    }
    try {
      byte[] tbs = ((X509Certificate) certificate).getTBSCertificate();
      int at = content(tbs, 0);
      if (tbs[at] == VERSION) {
        at = end(tbs, at);
      }
      for (int i = 0; i < BEFORE_KEY; i++) {
        at = end(tbs, at);
      }
      return Arrays.copyOfRange(tbs, at, end(tbs, at));
    } catch (CertificateEncodingException e) {
      return null;
    }
  }

  private static int content(byte[] der, int at) {
    int first = der[at + 1] & 0xFF;
    return at + 2 + (first < 0x80 ? 0 : first - 0x80);
  }

  private static int end(byte[] der, int at) {
    int content = content(der, at);
    int length = der[at + 1] & 0xFF;
    if (length >= 0x80) {
      length = 0;
      for (int i = at + 2; i < content; i++) {
        length = length << Byte.SIZE | der[i] & 0xFF;
      }
    }
    return content + length;
  }
}
