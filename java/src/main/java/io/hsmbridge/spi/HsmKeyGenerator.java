package io.hsmbridge.spi;

import io.hsmbridge.engine.Attributes;
import io.hsmbridge.engine.Connection;
import io.hsmbridge.engine.Errors;
import io.hsmbridge.engine.HsmException;
import io.hsmbridge.key.HsmSecretKey;
import io.hsmbridge.key.Keys;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidParameterException;
import java.security.SecureRandom;
import java.security.spec.AlgorithmParameterSpec;
import java.util.HashMap;
import java.util.Map;
import javax.crypto.KeyGeneratorSpi;
import javax.crypto.SecretKey;

/** Generates secret keys in the HSM, 256 bits unless told otherwise; the engine judges the size. */
final class HsmKeyGenerator extends KeyGeneratorSpi {

  private final Connection connection;
  private final long mechanism;
  private final Map<String, Object> template = new HashMap<>();

  HsmKeyGenerator(Connection connection, long mechanism) {
    this.connection = connection;
    this.mechanism = mechanism;
    engineInit((SecureRandom) null);
  }

  @Override
  protected void engineInit(SecureRandom random) {
    engineInit(256, random);
  }

  @Override
  protected void engineInit(int bits, SecureRandom random) {
    if (bits <= 0 || bits % Byte.SIZE != 0) {
      throw new InvalidParameterException("A key size is a number of bits and a multiple of 8, not " + bits + ".");
    }
    template.put(Attributes.VALUE_LEN, (long) bits / Byte.SIZE);
  }

  @Override
  protected void engineInit(AlgorithmParameterSpec parameters, SecureRandom random)
      throws InvalidAlgorithmParameterException {
    throw new InvalidAlgorithmParameterException("This key generator takes a size in bits, not parameters.");
  }

  @Override
  protected SecretKey engineGenerateKey() {
    try {
      return (HsmSecretKey) Keys.of(connection, connection.engine().generateKey(mechanism, template));
    } catch (HsmException e) {
      throw Errors.generation(e);
    }
  }
}
