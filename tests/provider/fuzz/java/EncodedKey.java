import java.security.Key;
import java.security.PrivateKey;
import java.security.PublicKey;

/** A software key that says what it is told to say. */
abstract class EncodedKey implements Key {

  private static final long serialVersionUID = 1L;

  private final String algorithm;
  private final String format;
  private final byte[] encoded;

  private EncodedKey(String algorithm, String format, byte[] encoded) {
    this.algorithm = algorithm;
    this.format = format;
    this.encoded = encoded;
  }

  static PublicKey ofPublic(String algorithm, byte[] encoded) {
    return new Public(algorithm, encoded);
  }

  static PrivateKey ofPrivate(String algorithm, byte[] encoded) {
    return new Private(algorithm, encoded);
  }

  @Override
  public String getAlgorithm() {
    return algorithm;
  }

  @Override
  public String getFormat() {
    return format;
  }

  @Override
  public byte[] getEncoded() {
    return encoded.clone();
  }

  private static final class Public extends EncodedKey implements PublicKey {
    private static final long serialVersionUID = 1L;

    private Public(String algorithm, byte[] encoded) {
      super(algorithm, "X.509", encoded);
    }
  }

  private static final class Private extends EncodedKey implements PrivateKey {
    private static final long serialVersionUID = 1L;

    private Private(String algorithm, byte[] encoded) {
      super(algorithm, "PKCS#8", encoded);
    }
  }
}
