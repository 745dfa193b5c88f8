package io.hsmbridge.spi;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.security.SignatureException;
import java.util.Arrays;

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
    read(signature);
  }

  /** Returns r and s, each of a number of bytes (IEEE P1363). */
  static byte[] toFixedLength(byte[] signature, int bytes) throws SignatureException {
    ByteBuffer fixed = ByteBuffer.allocate(2 * bytes);
    for (BigInteger number : read(signature)) {
      byte[] signed = number.toByteArray();
      int count = Math.min(bytes, signed.length);
      fixed.position(fixed.position() + bytes - count).put(signed, signed.length - count, count);
    }
    return fixed.array();
  }

  /** Reads two numbers of equal length. */
  static byte[] fromFixedLength(byte[] signature) {
    int half = signature.length / 2;
    byte[] r = new BigInteger(1, Arrays.copyOf(signature, half)).toByteArray();
    byte[] s = new BigInteger(1, Arrays.copyOfRange(signature, half, signature.length)).toByteArray();
    int length = 4 + r.length + s.length;
    ByteBuffer der = ByteBuffer.allocate(length + (length < 0x80 ? 2 : 3)).put((byte) SEQUENCE);
    if (length >= 0x80) {
      der.put((byte) 0x81);
    }
    der.put((byte) length);
    der.put((byte) INTEGER).put((byte) r.length).put(r);
    return der.put((byte) INTEGER).put((byte) s.length).put(s).array();
  }

  private static BigInteger[] read(byte[] signature) throws SignatureException {
    EcdsaEncoding encoding = new EcdsaEncoding(signature);
    encoding.enter(SEQUENCE, true);
    BigInteger[] numbers = {encoding.integer(), encoding.integer()};
    if (encoding.position != signature.length) {
      throw invalid();
    }
    return numbers;
  }

  private BigInteger integer() throws SignatureException {
    int length = enter(INTEGER, false);
    return new BigInteger(Arrays.copyOfRange(data, position - length, position));
  }

  /** Reads tag and length, and steps over the content unless it is to be read next; returns its length. */
  private int enter(int tag, boolean nested) throws SignatureException {
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
    return length;
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
