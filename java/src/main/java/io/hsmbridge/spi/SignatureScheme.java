package io.hsmbridge.spi;

import io.hsmbridge.key.SoftwareKeys;
import java.security.AlgorithmParameters;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.SignatureException;
import java.security.spec.AlgorithmParameterSpec;
import java.util.List;
import java.util.Map;

/** What the signature algorithms of one family do differently from those of others; one object serves one signature. */
abstract class SignatureScheme {

  private final List<String> keyAlgorithms;

  /**
   * Names the keys.
   *
   * @param keyAlgorithms what {@code getAlgorithm} of a key may say; the first is shown in messages
   */
  SignatureScheme(String... keyAlgorithms) {
    this.keyAlgorithms = List.of(keyAlgorithms);
  }

  /** Takes notice of the next key, or refuses it for its algorithm. */
  void requireKey(Key key) throws InvalidKeyException {
    String algorithm = key == null ? "" : String.valueOf(key.getAlgorithm());
    if (keyAlgorithms.stream().noneMatch(algorithm::equalsIgnoreCase)) {
      throw new InvalidKeyException(
          "This signature needs a key for " + keyAlgorithms.get(0) + ", not " + SoftwareKeys.describe(key) + ".");
    }
  }

  /** Refuses a key for its attributes in the HSM; asked only if {@link #looksAtAttributes} says so. */
  void requireAttributes(Map<String, Object> attributes) throws InvalidKeyException {}

  boolean looksAtAttributes() {
    return false;
  }

  /** Returns what collects the data. */
  abstract SignatureInput input() throws SignatureException;

  /** Drops data that was collected. */
  abstract void reset();

  /** Returns the mechanism's parameter, or null if it has none. */
  byte[] parameter() {
    return null;
  }

  /** Turns the engine's signature into the algorithm's. */
  byte[] encode(byte[] signature) throws SignatureException {
    return signature;
  }

  /** Turns the algorithm's signature into the engine's, or returns null if it cannot be right. */
  byte[] decode(byte[] signature) throws SignatureException {
    return signature;
  }

  void setParameters(AlgorithmParameterSpec parameters) throws InvalidAlgorithmParameterException {
    if (parameters != null) {
      throw new InvalidAlgorithmParameterException("This signature algorithm has no parameters.");
    }
  }

  AlgorithmParameters parameters() {
    return null;
  }

  /** A family without parameters of its own, whose signatures cross the border as they are. */
  static final class Plain extends SignatureScheme {

    private final SignatureInput input;

    Plain(SignatureInput input, String... keyAlgorithms) {
      super(keyAlgorithms);
      this.input = input;
    }

    @Override
    SignatureInput input() {
      return input;
    }

    @Override
    void reset() {
      input.reset();
    }
  }
}
