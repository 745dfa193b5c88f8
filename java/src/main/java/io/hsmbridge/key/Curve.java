package io.hsmbridge.key;

import com.amazonaws.cloudhsm.jce.jni.exception.InternalException;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.InvalidKeySpecException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** The named curves of the HSM, after SEC 2; the domain parameters are the JDK's own. */
public enum Curve {
  P224("secp224r1", 224, "P-224", "NIST P-224", "1.3.132.0.33"),
  P256("secp256r1", 256, "P-256", "NIST P-256", "prime256v1", "X9.62 prime256v1", "1.2.840.10045.3.1.7"),
  P384("secp384r1", 384, "P-384", "NIST P-384", "1.3.132.0.34"),
  P521("secp521r1", 521, "P-521", "NIST P-521", "1.3.132.0.35"),
  K256("secp256k1", 256, "1.3.132.0.10");

  private final String standardName;
  private final int bits;
  private final List<String> aliases;
  private volatile AlgorithmParameters parameters;

  Curve(String standardName, int bits, String... aliases) {
    this.standardName = standardName;
    this.bits = bits;
    this.aliases = List.of(aliases);
  }

  /**
   * Finds a curve by its name, any case.
   *
   * @param name a name of SEC 2, NIST or X9.62, or an object identifier
   * @return the curve, if the HSM has it
   */
  public static Optional<Curve> ofName(String name) {
    return first(c -> c.standardName.equalsIgnoreCase(name) || c.aliases.stream().anyMatch(name::equalsIgnoreCase));
  }

  /**
   * Finds the NIST curve of a size.
   *
   * @param bits the size of the field
   * @return the curve, if the HSM has it
   */
  public static Optional<Curve> ofSize(int bits) {
    return first(c -> c.bits == bits);
  }

  /**
   * Finds a curve by its domain parameters.
   *
   * @param spec the parameters, whoever made the object
   * @return the curve, if the HSM has it
   */
  public static Optional<Curve> ofParameters(ECParameterSpec spec) {
    return first(
        c ->
            c.parameters().getCurve().getField().equals(spec.getCurve().getField())
                && c.parameters().getCurve().getA().equals(spec.getCurve().getA())
                && c.parameters().getCurve().getB().equals(spec.getCurve().getB())
                && c.parameters().getGenerator().equals(spec.getGenerator())
                && c.parameters().getOrder().equals(spec.getOrder())
                && c.parameters().getCofactor() == spec.getCofactor());
  }

  /**
   * Lists the names of all curves.
   *
   * @return the names, separated by commas
   */
  public static String names() {
    return Arrays.stream(values()).map(c -> c.standardName).collect(Collectors.joining(", "));
  }

  /**
   * Finds a curve by its object identifier.
   *
   * @param oid DER, as in {@code EC_PARAMS}
   * @return the curve, if the HSM has it
   */
  public static Optional<Curve> ofEncoding(byte[] oid) {
    return first(c -> Arrays.equals(c.der(), oid));
  }

  static Curve ofDer(byte[] oid) {
    return ofEncoding(oid)
        .orElseThrow(() -> new InternalException("The engine named a curve that the provider does not know.", null));
  }

  /**
   * Returns the DER object identifier that names the curve.
   *
   * @return the bytes of {@code EC_PARAMS}
   */
  public byte[] der() {
    try {
      return jdkParameters().getEncoded();
    } catch (IOException e) {
      throw missing(e);
    }
  }

  /**
   * Returns the domain parameters.
   *
   * @return the JDK's object, which knows the curve's name
   */
  public ECParameterSpec parameters() {
    try {
      return jdkParameters().getParameterSpec(ECParameterSpec.class);
    } catch (GeneralSecurityException e) {
      throw missing(e);
    }
  }

  /** Decodes an OCTET STRING with an uncompressed point: 04, x, y at its end. */
  ECPoint point(byte[] octetString) {
    int size = (bits + 7) / 8;
    int x = octetString.length - 2 * size;
    if (x < 3 || octetString[x - 1] != 4) {
      throw new InternalException("The engine gave a point that is not on " + standardName + ".", null);
    }
    return new ECPoint(
        new BigInteger(1, Arrays.copyOfRange(octetString, x, x + size)),
        new BigInteger(1, Arrays.copyOfRange(octetString, x + size, octetString.length)));
  }

  /**
   * Encodes a point.
   *
   * @param point its coordinates
   * @return a DER OCTET STRING with the uncompressed point (SEC 1, 2.3.3), as the engine's {@code EC_POINT}
   * @throws InvalidKeySpecException if a coordinate does not fit the field
   */
  public byte[] octetString(ECPoint point) throws InvalidKeySpecException {
    int size = (bits + 7) / 8;
    int length = 1 + 2 * size;
    boolean fits = fits(point.getAffineX()) && fits(point.getAffineY());
    if (!fits) {
      throw new InvalidKeySpecException("EC_POINT: a coordinate does not fit the field of " + standardName + ".");
    }
    ByteBuffer encoded = ByteBuffer.allocate(length + (length < 0x80 ? 2 : 3)).put((byte) 0x04);
    if (length >= 0x80) {
      encoded.put((byte) 0x81);
    }
    encoded.put((byte) length).put((byte) 0x04);
    return encoded.put(fixed(point.getAffineX(), size)).put(fixed(point.getAffineY(), size)).array();
  }

  private boolean fits(BigInteger coordinate) {
    return coordinate != null && coordinate.signum() >= 0 && coordinate.bitLength() <= bits;
  }

  private static byte[] fixed(BigInteger number, int size) {
    byte[] signed = number.toByteArray();
    byte[] fixed = new byte[size];
    int count = Math.min(size, signed.length);
    System.arraycopy(signed, signed.length - count, fixed, size - count, count);
    return fixed;
  }

  private AlgorithmParameters jdkParameters() {
    if (parameters == null) {
      try {
        AlgorithmParameters named = AlgorithmParameters.getInstance("EC");
        named.init(new ECGenParameterSpec(standardName));
        parameters = named;
      } catch (GeneralSecurityException e) {
        throw missing(e);
      }
    }
    return parameters;
  }

  private InternalException missing(Exception cause) {
    return new InternalException("This JDK does not know the curve " + standardName + ".", cause);
  }

  private static Optional<Curve> first(Predicate<Curve> condition) {
    return Arrays.stream(values()).filter(condition).findFirst();
  }
}
