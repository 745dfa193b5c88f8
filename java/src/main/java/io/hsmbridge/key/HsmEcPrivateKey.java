package io.hsmbridge.key;

import io.hsmbridge.connection.Connection;
import io.hsmbridge.engine.Attributes;
import io.hsmbridge.engine.Values;
import java.io.NotSerializableException;
import java.math.BigInteger;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.ECParameterSpec;
import java.util.Map;

/** An EC private key in the HSM; the curve is known, the scalar is null unless the HSM gives the key in clear. */
public final class HsmEcPrivateKey extends HsmKey implements ECPrivateKey {

  private static final long serialVersionUID = 1L;

  private final transient Curve curve;

  HsmEcPrivateKey(Connection connection, long handle, Map<String, Object> attributes) {
    super("EC", connection, handle, attributes);
    curve = Curve.ofDer(Values.bytes(attributes, Attributes.EC_PARAMS));
  }

  /**
   * Returns the curve.
   *
   * @return not to other providers while JCA chooses one, see {@link ChoiceGuard}
   */
  @Override
  public ECParameterSpec getParams() {
    ChoiceGuard.check(this);
    return curve.parameters();
  }

  @Override
  public BigInteger getS() {
    return ClearKey.part(this, "EC", ECPrivateKey.class, ECPrivateKey::getS);
  }

  private Object writeReplace() throws NotSerializableException {
    throw new NotSerializableException(this + " stays in the HSM.");
  }
}
