package io.hsmbridge.spi;

import java.security.SignatureException;

/** The DER form of an ECDSA signature, a SEQUENCE of the two INTEGERs r and s (RFC 3279, 2.2.3). */
final class EcdsaEncoding {

  private static final int INTEGER = 0x02;
  private static final int SEQUENCE = 0x30;

  private final byte[] data;
  private int position;

  private EcdsaEncoding(byte[] data) {
    this.data = data;
  }

  /** Throws, as SunEC does, if the bytes are no such structure at all; whether the signature is right is not asked. */
  static void require(byte[] signature) throws SignatureException {
    EcdsaEncoding encoding = new EcdsaEncoding(signature);
    encoding.enter(SEQUENCE, true);
    encoding.enter(INTEGER, false);
    encoding.enter(INTEGER, false);
    if (encoding.position != signature.length) {
      throw invalid();
    }
  }

  /** Reads tag and length, and steps over the content unless it is to be read next. */
  private void enter(int tag, boolean nested) throws SignatureException {
    if (next() != tag) {
      throw invalid();
    }
    int length = next();
    if (length == 0x81) {
      length = next();
    } else if (length > 0x7f) {
      throw invalid();
    }
    if (length == 0 || length > data.length - position || nested && length < data.length - position) {
      throw invalid();
    }
    position += nested ? 0 : length;
  }

  private int next() throws SignatureException {
    if (position == data.length) {
      throw invalid();
    }
    return data[position++] & 0xff;
  }

  private static SignatureException invalid() {
    return new SignatureException("Invalid encoding for signature: an ECDSA signature is a DER SEQUENCE of r and s.");
  }
}
