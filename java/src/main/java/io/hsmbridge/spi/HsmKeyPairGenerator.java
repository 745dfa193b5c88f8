package io.hsmbridge.spi;

import io.hsmbridge.engine.Connection;
import io.hsmbridge.engine.Errors;
import io.hsmbridge.engine.HsmException;
import io.hsmbridge.key.Keys;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.util.HashMap;
import java.util.Map;

/**
 * Generates key pairs in the HSM. Sizes are judged by the engine, so a bad one is refused at generation.
 *
 * <p>It is a {@code KeyPairGenerator} and not only its SPI, because JCA wraps the latter in a delegate that, when we
 * refuse, silently lets the next provider generate the key in software.
 */
abstract class HsmKeyPairGenerator extends KeyPairGenerator {

  final Map<String, Object> publicTemplate = new HashMap<>();
  final Map<String, Object> privateTemplate = new HashMap<>();
  private final Connection connection;
  private final long mechanism;

  HsmKeyPairGenerator(String algorithm, Connection connection, long mechanism) {
    super(algorithm);
    this.connection = connection;
    this.mechanism = mechanism;
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
}
