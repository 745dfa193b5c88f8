package io.hsmbridge.key;

import io.hsmbridge.connection.Connection;
import io.hsmbridge.engine.Attributes;
import io.hsmbridge.engine.Values;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.util.Map;

/** An EC public key in the HSM. */
public final class HsmEcPublicKey extends HsmPublicKey implements ECPublicKey {

  private static final long serialVersionUID = 1L;

  private final transient Curve curve;
  private final transient ECPoint point;

  HsmEcPublicKey(Connection connection, long handle, Map<String, Object> attributes) {
    super("EC", connection, handle, attributes);
    curve = Curve.ofDer(Values.bytes(attributes, Attributes.EC_PARAMS));
    point = curve.point(Values.bytes(attributes, Attributes.EC_POINT));
  }

  @Override
  public ECPoint getW() {
    return point;
  }

  @Override
  public ECParameterSpec getParams() {
    return curve.parameters();
  }
}
