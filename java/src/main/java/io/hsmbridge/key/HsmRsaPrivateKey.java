package io.hsmbridge.key;

import io.hsmbridge.connection.Connection;
import io.hsmbridge.engine.Attributes;
import io.hsmbridge.engine.Values;
import java.io.NotSerializableException;
import java.math.BigInteger;
import java.security.interfaces.RSAPrivateCrtKey;
import java.util.Map;
import java.util.function.Function;

/** An RSA private key in the HSM; the secret numbers are null unless the HSM gives the key in clear. */
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
   * @return not to other providers while JCA chooses one, see {@link ChoiceGuard}
   */
  @Override
  public BigInteger getModulus() {
    ChoiceGuard.check(this);
    return modulus;
  }

  @Override
  public BigInteger getPublicExponent() {
    return publicExponent;
  }

  @Override
  public BigInteger getPrivateExponent() {
    return secret(RSAPrivateCrtKey::getPrivateExponent);
  }

  @Override
  public BigInteger getPrimeP() {
    return secret(RSAPrivateCrtKey::getPrimeP);
  }

  @Override
  public BigInteger getPrimeQ() {
    return secret(RSAPrivateCrtKey::getPrimeQ);
  }

  @Override
  public BigInteger getPrimeExponentP() {
    return secret(RSAPrivateCrtKey::getPrimeExponentP);
  }

  @Override
  public BigInteger getPrimeExponentQ() {
    return secret(RSAPrivateCrtKey::getPrimeExponentQ);
  }

  @Override
  public BigInteger getCrtCoefficient() {
    return secret(RSAPrivateCrtKey::getCrtCoefficient);
  }

  private BigInteger secret(Function<RSAPrivateCrtKey, BigInteger> part) {
    return ClearKey.part(this, "RSA", RSAPrivateCrtKey.class, part);
  }

  private Object writeReplace() throws NotSerializableException {
    throw new NotSerializableException(this + " stays in the HSM.");
  }
}
