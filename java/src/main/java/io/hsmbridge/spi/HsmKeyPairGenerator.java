package io.hsmbridge.spi;

import com.amazonaws.cloudhsm.jce.provider.attributes.KeyPairAttributesMap;
import io.hsmbridge.connection.Connection;
import io.hsmbridge.engine.Errors;
import io.hsmbridge.engine.HsmException;
import io.hsmbridge.key.Keys;
import java.security.InvalidAlgorithmParameterException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.spec.AlgorithmParameterSpec;
import java.util.Map;

/**
 * Generates key pairs in the HSM. Sizes are judged by the engine, so a bad one is refused at generation.
 *
 * <p>It is a {@code KeyPairGenerator} and not only its SPI, because JCA wraps the latter in a delegate that, when we
 * refuse, silently lets the next provider generate the key in software.
 */
abstract class HsmKeyPairGenerator extends KeyPairGenerator {

  private final Connection connection;
  private long mechanism;
  private Map<String, Object> publicTemplate;
  private Map<String, Object> privateTemplate;

  HsmKeyPairGenerator(String algorithm, Connection connection, long mechanism) {
    super(algorithm);
    this.connection = connection;
    this.mechanism = mechanism;
  }

  @Override
  public final void initialize(AlgorithmParameterSpec parameters, SecureRandom random)
      throws InvalidAlgorithmParameterException {
    if (parameters instanceof KeyPairAttributesMap) {
      KeyPairAttributesMap pair = (KeyPairAttributesMap) parameters;
      use(Templates.forGeneration(pair.getPublic()), Templates.forGeneration(pair.getPrivate()));
    } else {
      use(parameters);
    }
    try {
      check();
    } catch (HsmException e) {
      throw Errors.parameters(e);
    }
  }

  /** Asks the engine whether it makes such keys. */
  final void check() {
    GenerationCheck.ask(connection, mechanism, publicTemplate);
  }

  /** Takes parameters that the JDK defines. */
  abstract void use(AlgorithmParameterSpec parameters) throws InvalidAlgorithmParameterException;

  /** Adds to the attributes that a caller gave what the engine needs, and refuses them if they are not enough. */
  abstract void complete(Map<String, Object> ofPublic, Map<String, Object> ofPrivate)
      throws InvalidAlgorithmParameterException;

  private void use(Map<String, Object> ofPublic, Map<String, Object> ofPrivate)
      throws InvalidAlgorithmParameterException {
    complete(ofPublic, ofPrivate);
    generateWith(ofPublic, ofPrivate);
  }

  final void generateWith(Map<String, Object> ofPublic, Map<String, Object> ofPrivate) {
    publicTemplate = ofPublic;
    privateTemplate = ofPrivate;
  }

  final void generateBy(long otherMechanism) {
    mechanism = otherMechanism;
  }

  @Override
  public final KeyPair generateKeyPair() {
    try {
      long[] handles = connection.engine().generateKeyPair(mechanism, publicTemplate, privateTemplate);
      return new KeyPair((PublicKey) Keys.of(connection, handles[0]), (PrivateKey) Keys.of(connection, handles[1]));
    } catch (HsmException e) {
      throw Errors.generation(e);
    }
  }

  static InvalidAlgorithmParameterException lacks(String algorithm, String attribute) {
    return new InvalidAlgorithmParameterException(
        "The public attributes of a new " + algorithm + " key pair lack " + attribute + ".");
  }
}
