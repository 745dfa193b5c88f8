package io.hsmbridge.key;

import io.hsmbridge.engine.Attributes;
import io.hsmbridge.engine.Connection;
import io.hsmbridge.engine.Values;
import java.io.NotSerializableException;
import java.math.BigInteger;
import java.security.interfaces.RSAPrivateCrtKey;
import java.util.Map;

/** An RSA private key in the HSM; modulus and public exponent are known, the rest is null. */
public final class HsmRsaPrivateKey extends HsmKey implements RSAPrivateCrtKey {

  private static final long serialVersionUID = 1L;

  private final transient BigInteger modulus;
  private final transient BigInteger publicExponent;

  HsmRsaPrivateKey(Connection connection, long handle, Map<String, Object> attributes) {
    super("RSA", connection, handle, attributes);
    modulus = Values.integer(attributes, Attributes.MODULUS);
    publicExponent = Values.integer(attributes, Attributes.PUBLIC_EXPONENT);
  }

  /**
   * Returns the modulus.
   *
   * @throws IllegalStateException if the key is destroyed; SunRsaSign, asked before us for a signature without a named
   *     provider, then says so instead of stumbling over the missing exponent
   */
  @Override
  public BigInteger getModulus() {
    if (isDestroyed()) {
      throw new IllegalStateException(this + " is destroyed.");
    }
    return modulus;
  }

  @Override
  public BigInteger getPublicExponent() {
    return publicExponent;
  }

  @Override
  public BigInteger getPrivateExponent() {
    return null;
  }

  @Override
  public BigInteger getPrimeP() {
    return null;
  }

  @Override
  public BigInteger getPrimeQ() {
    return null;
  }

  @Override
  public BigInteger getPrimeExponentP() {
    return null;
  }

  @Override
  public BigInteger getPrimeExponentQ() {
    return null;
  }

  @Override
  public BigInteger getCrtCoefficient() {
    return null;
  }

  private Object writeReplace() throws NotSerializableException {
    throw new NotSerializableException(this + " stays in the HSM.");
  }
}
