package io.hsmbridge.spi;

import io.hsmbridge.engine.Attributes;
import io.hsmbridge.engine.Connection;
import io.hsmbridge.key.Curve;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidParameterException;
import java.security.SecureRandom;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.NamedParameterSpec;
import java.util.Optional;

/** Generates EC key pairs, on P-256 unless told otherwise. */
final class EcKeyPairGenerator extends HsmKeyPairGenerator {

  EcKeyPairGenerator(Connection connection, long mechanism) {
    super("EC", connection, mechanism);
    use(Curve.P256);
  }

  @Override
  public void initialize(int bits, SecureRandom random) {
    use(Curve.ofSize(bits).orElseThrow(() -> new InvalidParameterException(unknown("of " + bits + " bits"))));
  }

  @Override
  public void initialize(AlgorithmParameterSpec parameters, SecureRandom random)
      throws InvalidAlgorithmParameterException {
    if (parameters instanceof NamedParameterSpec) {
      useNamed(((NamedParameterSpec) parameters).getName());
    } else if (parameters instanceof ECGenParameterSpec) {
      useNamed(((ECGenParameterSpec) parameters).getName());
    } else if (parameters instanceof ECParameterSpec) {
      use(Curve.ofParameters((ECParameterSpec) parameters), "with these parameters: " + parameters);
    } else {
      throw new InvalidAlgorithmParameterException("An EC key pair needs an ECGenParameterSpec or ECParameterSpec.");
    }
  }

  private void useNamed(String name) throws InvalidAlgorithmParameterException {
    use(Curve.ofName(name), "named " + name);
  }

  private void use(Optional<Curve> curve, String asked) throws InvalidAlgorithmParameterException {
    use(curve.orElseThrow(() -> new InvalidAlgorithmParameterException(unknown(asked))));
  }

  private void use(Curve curve) {
    publicTemplate.put(Attributes.EC_PARAMS, curve.der());
  }

  private static String unknown(String asked) {
    return "The HSM has no curve " + asked + ". It has " + Curve.names() + ".";
  }
}
