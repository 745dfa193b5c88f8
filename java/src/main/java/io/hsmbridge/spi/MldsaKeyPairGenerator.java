package io.hsmbridge.spi;

import io.hsmbridge.connection.Connection;
import io.hsmbridge.engine.Attributes;
import io.hsmbridge.key.MldsaSet;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidParameterException;
import java.security.SecureRandom;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.NamedParameterSpec;
import java.util.Map;

/** Generates ML-DSA key pairs (FIPS 204), of ML-DSA-65 unless the algorithm's name or the parameters say otherwise. */
final class MldsaKeyPairGenerator extends HsmKeyPairGenerator {

  private final MldsaSet only;

  private MldsaKeyPairGenerator(Connection connection, long mechanism, String algorithm, MldsaSet only) {
    super(algorithm, connection, mechanism);
    this.only = only;
    use(only == null ? MldsaSet.ML_DSA_65 : only);
  }

  static MldsaKeyPairGenerator any(Connection connection, long mechanism) {
    return new MldsaKeyPairGenerator(connection, mechanism, "ML-DSA", null);
  }

  static MldsaKeyPairGenerator of(MldsaSet set, Connection connection, long mechanism) {
    return new MldsaKeyPairGenerator(connection, mechanism, set.standardName(), set);
  }

  @Override
  public void initialize(int bits, SecureRandom random) {
    throw new InvalidParameterException(
        "An ML-DSA key has a parameter set, not a size: give a NamedParameterSpec or a KeyPairAttributesMap.");
  }

  @Override
  void use(AlgorithmParameterSpec parameters) throws InvalidAlgorithmParameterException {
    String name = parameters instanceof NamedParameterSpec ? ((NamedParameterSpec) parameters).getName() : "";
    MldsaSet set =
        MldsaSet.ofName(name)
            .orElseThrow(
                () ->
                    new InvalidAlgorithmParameterException(
                        "An ML-DSA key pair needs a NamedParameterSpec of ML-DSA-44, ML-DSA-65 or ML-DSA-87, or a"
                            + " KeyPairAttributesMap."));
    if (only != null && set != only) {
      throw otherThanName(set.standardName());
    }
    use(set);
  }

  @Override
  void complete(Map<String, Object> ofPublic, Map<String, Object> ofPrivate)
      throws InvalidAlgorithmParameterException {
    Object set = ofPublic.getOrDefault(Attributes.PARAMETER_SET, ofPrivate.get(Attributes.PARAMETER_SET));
    if (set == null && only == null) {
      throw lacks("ML-DSA", "MLDSA_ALGORITHM, its parameter set");
    }
    if (set != null && only != null && !set.equals(only.number())) {
      throw otherThanName("of MLDSA_ALGORITHM");
    }
    ofPublic.put(Attributes.PARAMETER_SET, set == null ? only.number() : set);
  }

  private void use(MldsaSet set) {
    generateWith(Map.of(Attributes.PARAMETER_SET, set.number()), Map.of());
  }

  private InvalidAlgorithmParameterException otherThanName(String asked) {
    return new InvalidAlgorithmParameterException(
        "This generator makes " + only.standardName() + " keys; the parameter set " + asked
            + " differs. The algorithm ML-DSA makes keys of all.");
  }
}
