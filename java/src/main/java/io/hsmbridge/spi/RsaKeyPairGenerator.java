package io.hsmbridge.spi;

import io.hsmbridge.connection.Connection;
import io.hsmbridge.engine.Attributes;
import io.hsmbridge.engine.Errors;
import io.hsmbridge.engine.HsmException;
import java.math.BigInteger;
import java.security.InvalidAlgorithmParameterException;
import java.security.SecureRandom;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.RSAKeyGenParameterSpec;
import java.util.HashMap;
import java.util.Map;

/** Generates RSA key pairs, 2048 bits unless told otherwise. */
final class RsaKeyPairGenerator extends HsmKeyPairGenerator {

  RsaKeyPairGenerator(Connection connection, long mechanism) {
    super("RSA", connection, mechanism);
    use(2048, RSAKeyGenParameterSpec.F4);
  }

  @Override
  public void initialize(int bits, SecureRandom random) {
    use(bits, RSAKeyGenParameterSpec.F4);
    try {
      check();
    } catch (HsmException e) {
      throw Errors.generation(e);
    }
  }

  @Override
  void use(AlgorithmParameterSpec parameters) throws InvalidAlgorithmParameterException {
    if (!(parameters instanceof RSAKeyGenParameterSpec)) {
      throw new InvalidAlgorithmParameterException(
          "An RSA key pair needs an RSAKeyGenParameterSpec or a KeyPairAttributesMap.");
    }
    RSAKeyGenParameterSpec spec = (RSAKeyGenParameterSpec) parameters;
    if (spec.getKeyParams() != null) {
      throw new InvalidAlgorithmParameterException("An RSA key pair of this HSM has no parameters of its own.");
    }
    use(spec.getKeysize(), spec.getPublicExponent());
  }

  @Override
  void complete(Map<String, Object> ofPublic, Map<String, Object> ofPrivate)
      throws InvalidAlgorithmParameterException {
    if (!ofPublic.containsKey(Attributes.MODULUS_BITS)) {
      throw lacks("RSA", "MODULUS_BITS, the length of the modulus in bits");
    }
    ofPublic.putIfAbsent(Attributes.PUBLIC_EXPONENT, RSAKeyGenParameterSpec.F4.toByteArray());
  }

  private void use(int bits, BigInteger publicExponent) {
    Map<String, Object> ofPublic = new HashMap<>();
    ofPublic.put(Attributes.MODULUS_BITS, (long) bits);
    ofPublic.put(Attributes.PUBLIC_EXPONENT, publicExponent.toByteArray());
    generateWith(ofPublic, Map.of());
  }
}
