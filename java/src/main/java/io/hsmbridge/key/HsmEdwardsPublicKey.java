package io.hsmbridge.key;

import io.hsmbridge.connection.Connection;
import java.math.BigInteger;
import java.security.interfaces.EdECPublicKey;
import java.security.spec.EdECPoint;
import java.security.spec.NamedParameterSpec;
import java.util.Map;

/** An Ed25519 public key in the HSM. */
public final class HsmEdwardsPublicKey extends HsmPublicKey implements EdECPublicKey {

  private static final long serialVersionUID = 1L;
  private static final int SIZE = 32;

  private final transient EdECPoint point;

  HsmEdwardsPublicKey(Connection connection, long handle, Map<String, Object> attributes) {
    super("EdDSA", connection, handle, attributes);
    point = decode(getEncoded());
  }

  @Override
  public NamedParameterSpec getParams() {
    return NamedParameterSpec.ED25519;
  }

  @Override
  public EdECPoint getPoint() {
    return point;
  }

  /** Reads the end of a SubjectPublicKeyInfo: y in little-endian order, its highest bit that of x (RFC 8032, 5.1.2). */
  private static EdECPoint decode(byte[] info) {
    byte[] y = new byte[SIZE];
    for (int i = 0; i < SIZE; i++) {
      y[i] = info[info.length - 1 - i];
    }
    boolean xIsOdd = y[0] < 0;
    y[0] &= 0x7F;
    return new EdECPoint(xIsOdd, new BigInteger(1, y));
  }
}
