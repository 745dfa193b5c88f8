package io.hsmbridge.spi;

import io.hsmbridge.engine.Attributes;
import io.hsmbridge.key.MldsaSet;
import java.security.InvalidKeyException;
import java.util.Map;

/** ML-DSA (FIPS 204) over messages, or over mu that the caller computed. */
final class MldsaScheme extends SignatureScheme {

  private static final int MU_BYTES = 64;

  private final SignatureInput input;
  private final MldsaSet only;

  private MldsaScheme(SignatureInput input, MldsaSet only) {
    super(MldsaSet.keyAlgorithms());
    this.input = input;
    this.only = only;
  }

  /** Works with keys of any parameter set. */
  static MldsaScheme any() {
    return new MldsaScheme(RawInput.unlimited(), null);
  }

  static MldsaScheme of(MldsaSet set) {
    return new MldsaScheme(RawInput.unlimited(), set);
  }

  static MldsaScheme externalMu() {
    return new MldsaScheme(RawInput.atMost(MU_BYTES), null);
  }

  @Override
  boolean looksAtAttributes() {
    return only != null;
  }

  @Override
  void requireAttributes(Map<String, Object> attributes) throws InvalidKeyException {
    Object set = attributes.get(Attributes.PARAMETER_SET);
    if (!Long.valueOf(only.number()).equals(set)) {
      throw new InvalidKeyException(
          "This signature needs a key for " + only.standardName() + "; the key has another parameter set of ML-DSA."
              + " The algorithm ML-DSA takes keys of all.");
    }
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
