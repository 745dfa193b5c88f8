package io.hsmbridge.key;

import io.hsmbridge.connection.Connection;
import java.io.NotSerializableException;
import java.security.interfaces.EdECPrivateKey;
import java.security.spec.NamedParameterSpec;
import java.util.Map;
import java.util.Optional;

/**
 * An Ed25519 private key in the HSM; its bytes are absent unless the HSM gives the key in clear.
 *
 * <p>Its algorithm is {@code EdDSA}, as that of the JDK's keys and of the public keys in certificates, because {@code
 * KeyStore.PrivateKeyEntry} and JSSE compare the two.
 */
public final class HsmEdwardsPrivateKey extends HsmKey implements EdECPrivateKey {

  private static final long serialVersionUID = 1L;

  HsmEdwardsPrivateKey(Connection connection, long handle, Map<String, Object> attributes) {
    super("EdDSA", connection, handle, attributes);
  }

  @Override
  public NamedParameterSpec getParams() {
    return NamedParameterSpec.ED25519;
  }

  @Override
  public Optional<byte[]> getBytes() {
    ChoiceGuard.check(this);
    return Optional.ofNullable(
        ClearKey.part(this, "Ed25519", EdECPrivateKey.class, software -> software.getBytes().orElse(null)));
  }

  private Object writeReplace() throws NotSerializableException {
    throw new NotSerializableException(this + " stays in the HSM.");
  }
}
