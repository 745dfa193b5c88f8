package io.hsmbridge.spi;

import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import io.hsmbridge.connection.Connection;
import io.hsmbridge.engine.Attributes;
import io.hsmbridge.engine.Errors;
import io.hsmbridge.engine.HsmException;
import io.hsmbridge.key.Keys;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidParameterException;
import java.security.SecureRandom;
import java.security.spec.AlgorithmParameterSpec;
import java.util.Map;
import javax.crypto.KeyGeneratorSpi;
import javax.crypto.SecretKey;

/** Generates secret keys in the HSM; the engine judges their size and attributes. */
final class HsmKeyGenerator extends KeyGeneratorSpi {

  private final Connection connection;
  private final SecretAlgorithm algorithm;
  private Map<String, Object> template;

  HsmKeyGenerator(Connection connection, SecretAlgorithm algorithm) {
    this.connection = connection;
    this.algorithm = algorithm;
    template = ofSize(algorithm.defaultBits());
  }

  @Override
  protected void engineInit(SecureRandom random) {
    engineInit(algorithm.defaultBits(), random);
  }

  @Override
  protected void engineInit(int asked, SecureRandom random) {
    long bits = algorithm.bits(asked);
    if (bits <= 0 || bits % Byte.SIZE != 0) {
      throw new InvalidParameterException("A key size is a number of bits and a multiple of 8, not " + asked + ".");
    }
    if (algorithm == SecretAlgorithm.DESEDE && bits != algorithm.defaultBits()) {
      throw new InvalidParameterException("A DESede key has 192 bits, 168 without parity, not " + asked + ".");
    }
    Map<String, Object> next = ofSize(bits);
    try {
      GenerationCheck.ask(connection, algorithm.generation(), next);
    } catch (HsmException e) {
      throw Errors.generation(e);
    }
    template = next;
  }

  private Map<String, Object> ofSize(long bits) {
    return Map.of(Attributes.KEY_TYPE, algorithm.keyType(), Attributes.VALUE_LEN, bits / Byte.SIZE);
  }

  @Override
  protected void engineInit(AlgorithmParameterSpec parameters, SecureRandom random)
      throws InvalidAlgorithmParameterException {
    if (!(parameters instanceof KeyAttributesMap)) {
      throw new InvalidAlgorithmParameterException(
          "This key generator takes a size in bits or a KeyAttributesMap, not "
              + (parameters == null ? "null" : parameters.getClass().getName()) + ".");
    }
    Map<String, Object> next = Templates.forGeneration((KeyAttributesMap) parameters);
    algorithm.complete(next);
    try {
      GenerationCheck.ask(connection, algorithm.generation(), next);
    } catch (HsmException e) {
      throw Errors.parameters(e);
    }
    template = next;
  }

  @Override
  protected SecretKey engineGenerateKey() {
    try {
      long handle = connection.engine().generateKey(algorithm.generation(), template);
      return Keys.ofSecret(connection, handle, algorithm.standardName());
    } catch (HsmException e) {
      throw Errors.generation(e);
    }
  }
}
