package io.hsmbridge.spi;

import io.hsmbridge.engine.Attributes;
import io.hsmbridge.engine.Connection;
import java.security.InvalidAlgorithmParameterException;
import java.security.SecureRandom;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.RSAKeyGenParameterSpec;

/** Generates RSA key pairs, 2048 bits unless told otherwise. */
final class RsaKeyPairGenerator extends HsmKeyPairGenerator {

  RsaKeyPairGenerator(Connection connection, long mechanism) {
    super("RSA", connection, mechanism);
    initialize(2048, null);
  }

  @Override
  public void initialize(int bits, SecureRandom random) {
    publicTemplate.remove(Attributes.PUBLIC_EXPONENT);
    publicTemplate.put(Attributes.MODULUS_BITS, (long) bits);
  }

  @Override
  public void initialize(AlgorithmParameterSpec parameters, SecureRandom random)
      throws InvalidAlgorithmParameterException {
    if (!(parameters instanceof RSAKeyGenParameterSpec)) {
      throw new InvalidAlgorithmParameterException("An RSA key pair needs an RSAKeyGenParameterSpec.");
    }
    RSAKeyGenParameterSpec spec = (RSAKeyGenParameterSpec) parameters;
    if (spec.getKeyParams() != null) {
      throw new InvalidAlgorithmParameterException("An RSA key pair of this HSM has no parameters of its own.");
    }
    initialize(spec.getKeysize(), random);
    publicTemplate.put(Attributes.PUBLIC_EXPONENT, spec.getPublicExponent().toByteArray());
  }
}
