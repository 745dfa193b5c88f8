package io.hsmbridge.key;

import io.hsmbridge.connection.Connection;
import io.hsmbridge.engine.Attributes;
import io.hsmbridge.engine.Values;
import java.math.BigInteger;
import java.security.interfaces.RSAPublicKey;
import java.util.Map;

/** An RSA public key in the HSM. */
public final class HsmRsaPublicKey extends HsmPublicKey implements RSAPublicKey {

  private static final long serialVersionUID = 1L;

  private final transient BigInteger modulus;
  private final transient BigInteger publicExponent;

  HsmRsaPublicKey(Connection connection, long handle, Map<String, Object> attributes) {
    super("RSA", connection, handle, attributes);
    modulus = Values.integer(attributes, Attributes.MODULUS);
    publicExponent = Values.integer(attributes, Attributes.PUBLIC_EXPONENT);
  }

  @Override
  public BigInteger getModulus() {
    return modulus;
  }

  @Override
  public BigInteger getPublicExponent() {
    return publicExponent;
  }
}
