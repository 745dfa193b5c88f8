package io.hsmbridge.key;

import io.hsmbridge.engine.Attributes;
import io.hsmbridge.engine.Connection;
import io.hsmbridge.engine.Values;
import java.io.NotSerializableException;
import java.security.PrivateKey;
import java.security.interfaces.ECKey;
import java.security.spec.ECParameterSpec;
import java.util.Map;

/**
 * An EC private key in the HSM; the curve is known, the scalar stays inside.
 *
 * <p>It is no {@code ECPrivateKey}: SunEC, asked before us for a signature without a named provider, takes every key of
 * that type and fails when it signs, because it gets no scalar. SunPKCS11's keys are no {@code ECPrivateKey} either.
 */
public final class HsmEcPrivateKey extends HsmKey implements PrivateKey, ECKey {

  private static final long serialVersionUID = 1L;

  private final transient Curve curve;

  HsmEcPrivateKey(Connection connection, long handle, Map<String, Object> attributes) {
    super("EC", connection, handle, attributes);
    curve = Curve.ofDer(Values.bytes(attributes, Attributes.EC_PARAMS));
  }

  @Override
  public ECParameterSpec getParams() {
    return curve.parameters();
  }

  private Object writeReplace() throws NotSerializableException {
    throw new NotSerializableException(this + " stays in the HSM.");
  }
}
