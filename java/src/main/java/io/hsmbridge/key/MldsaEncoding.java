package io.hsmbridge.key;

import java.util.Arrays;

/** The SubjectPublicKeyInfo of ML-DSA keys (RFC 9881, 2), whose AlgorithmIdentifier has no parameters. */
public final class MldsaEncoding {

  /** SEQUENCE with a length of two bytes; SEQUENCE of 13 bytes: an OBJECT IDENTIFIER of 9 bytes, NULL. */
  private static final int[] WITH_NULL = {0x30, 0x82, -1, -1, 0x30, 0x0d, 0x06, 0x09};

  private static final int END_OF_OID = WITH_NULL.length + 9;

  private MldsaEncoding() {}

  /**
   * Takes the NULL out that a JDK which does not know ML-DSA puts there when it reads a certificate.
   *
   * @param info SubjectPublicKeyInfo DER of an ML-DSA key
   * @return the same as RFC 9881 has it; what has no such NULL comes back as it is
   */
  public static byte[] withoutNull(byte[] info) {
    if (!hasNull(info)) {
      return info;
    }
    byte[] corrected = new byte[info.length - 2];
    System.arraycopy(info, 0, corrected, 0, END_OF_OID);
    System.arraycopy(info, END_OF_OID + 2, corrected, END_OF_OID, corrected.length - END_OF_OID);
    int content = corrected.length - 4;
    corrected[2] = (byte) (content >> Byte.SIZE);
    corrected[3] = (byte) content;
    corrected[5] = 0x0b;
    return corrected;
  }

  private static boolean hasNull(byte[] info) {
    if (info.length < END_OF_OID + 2 || info[END_OF_OID] != 0x05 || info[END_OF_OID + 1] != 0) {
      return false;
    }
    int[] start = new int[WITH_NULL.length];
    for (int i = 0; i < start.length; i++) {
      start[i] = WITH_NULL[i] < 0 ? WITH_NULL[i] : info[i] & 0xff;
    }
    return Arrays.equals(start, WITH_NULL);
  }
}
