package io.hsmbridge.spi;

import com.amazonaws.cloudhsm.jce.provider.attributes.EcParams;
import io.hsmbridge.connection.Connection;
import io.hsmbridge.engine.Attributes;
import io.hsmbridge.engine.Mechanisms;
import io.hsmbridge.key.Curve;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidParameterException;
import java.security.SecureRandom;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.NamedParameterSpec;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/** Generates EC key pairs, on P-256 unless told otherwise. */
final class EcKeyPairGenerator extends HsmKeyPairGenerator {

  private final long mechanism;

  EcKeyPairGenerator(Connection connection, long mechanism) {
    super("EC", connection, mechanism);
    this.mechanism = mechanism;
    use(Curve.P256);
  }

  @Override
  public void initialize(int bits, SecureRandom random) {
    use(Curve.ofSize(bits).orElseThrow(() -> new InvalidParameterException(unknown("of " + bits + " bits"))));
  }

  @Override
  void use(AlgorithmParameterSpec parameters) throws InvalidAlgorithmParameterException {
    if (parameters instanceof NamedParameterSpec) {
      useNamed(((NamedParameterSpec) parameters).getName());
    } else if (parameters instanceof ECGenParameterSpec) {
      useNamed(((ECGenParameterSpec) parameters).getName());
    } else if (parameters instanceof ECParameterSpec) {
      use(Curve.ofParameters((ECParameterSpec) parameters), "with these parameters: " + parameters);
    } else {
      throw new InvalidAlgorithmParameterException(
          "An EC key pair needs an ECGenParameterSpec, an ECParameterSpec or a KeyPairAttributesMap.");
    }
  }

  /** Ed25519 is a curve among others to those who name it by {@code EC_PARAMS}. */
  @Override
  void complete(Map<String, Object> ofPublic, Map<String, Object> ofPrivate)
      throws InvalidAlgorithmParameterException {
    byte[] curve = (byte[]) ofPublic.get(Attributes.EC_PARAMS);
    if (curve == null) {
      throw lacks("EC", "EC_PARAMS, its curve, such as EcParams.EC_CURVE_PRIME256");
    }
    boolean edwards = Arrays.equals(curve, EcParams.EC_CURVE_ED25519);
    if (edwards) {
      Templates.takeEcAsEdwards(ofPublic);
      Templates.takeEcAsEdwards(ofPrivate);
    }
    generateBy(edwards ? Mechanisms.EC_EDWARDS_KEY_PAIR_GEN : mechanism);
  }

  private void useNamed(String name) throws InvalidAlgorithmParameterException {
    use(Curve.ofName(name), "named " + name);
  }

  private void use(Optional<Curve> curve, String asked) throws InvalidAlgorithmParameterException {
    use(curve.orElseThrow(() -> new InvalidAlgorithmParameterException(unknown(asked))));
  }

  private void use(Curve curve) {
    generateBy(mechanism);
    generateWith(Map.of(Attributes.EC_PARAMS, curve.der()), Map.of());
  }

  private static String unknown(String asked) {
    return "The HSM has no curve " + asked + ". It has " + Curve.names() + ".";
  }
}
