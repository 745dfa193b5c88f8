package io.hsmbridge.spi;

import com.amazonaws.cloudhsm.jce.provider.attributes.EcParams;
import io.hsmbridge.connection.Connection;
import io.hsmbridge.engine.Attributes;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidParameterException;
import java.security.SecureRandom;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.NamedParameterSpec;
import java.util.Map;

/** Generates Ed25519 key pairs (RFC 8032). */
final class Ed25519KeyPairGenerator extends HsmKeyPairGenerator {

  private static final int BITS = 255;
  private static final Map<String, Object> CURVE = Map.of(Attributes.EC_PARAMS, EcParams.EC_CURVE_ED25519);

  Ed25519KeyPairGenerator(Connection connection, long mechanism) {
    super("Ed25519", connection, mechanism);
    generateWith(CURVE, Map.of());
  }

  @Override
  public void initialize(int bits, SecureRandom random) {
    if (bits != BITS) {
      throw new InvalidParameterException("An Ed25519 key has 255 bits, not " + bits + ".");
    }
    generateWith(CURVE, Map.of());
  }

  @Override
  void use(AlgorithmParameterSpec parameters) throws InvalidAlgorithmParameterException {
    String name =
        parameters instanceof NamedParameterSpec
            ? ((NamedParameterSpec) parameters).getName()
            : parameters instanceof ECGenParameterSpec ? ((ECGenParameterSpec) parameters).getName() : null;
    if (!"Ed25519".equalsIgnoreCase(name)) {
      throw new InvalidAlgorithmParameterException(
          "An Ed25519 key pair needs NamedParameterSpec.ED25519 or a KeyPairAttributesMap, not "
              + (name == null ? "other parameters" : name) + ".");
    }
    generateWith(CURVE, Map.of());
  }

  @Override
  void complete(Map<String, Object> ofPublic, Map<String, Object> ofPrivate) {
    ofPublic.putIfAbsent(Attributes.EC_PARAMS, EcParams.EC_CURVE_ED25519);
    Templates.takeEcAsEdwards(ofPublic);
    Templates.takeEcAsEdwards(ofPrivate);
  }
}
