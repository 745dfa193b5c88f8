package io.hsmbridge.spi;

import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttribute;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import io.hsmbridge.engine.Attributes;
import java.math.BigInteger;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.KeySpec;
import java.security.spec.RSAPrivateCrtKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.List;

/** The numbers of RSA keys (RFC 8017, 3). */
final class RsaParts extends KeyParts {

  RsaParts() {
    super("RSA", Attributes.TYPE_RSA, List.of("RSA"));
  }

  @Override
  byte[] publicKey(KeyAttributesMap map) throws InvalidKeySpecException {
    return publicKey(
        new RSAPublicKeySpec(number(map, KeyAttribute.MODULUS), number(map, KeyAttribute.PUBLIC_EXPONENT)));
  }

  @Override
  byte[] privateKey(KeyAttributesMap map) throws InvalidKeySpecException {
    return privateKey(
        new RSAPrivateCrtKeySpec(
            number(map, KeyAttribute.MODULUS),
            number(map, KeyAttribute.PUBLIC_EXPONENT),
            number(map, KeyAttribute.PRIVATE_EXPONENT),
            number(map, KeyAttribute.PRIME_P),
            number(map, KeyAttribute.PRIME_Q),
            number(map, KeyAttribute.PRIME_EXPONENT_P),
            number(map, KeyAttribute.PRIME_EXPONENT_Q),
            number(map, KeyAttribute.CRT_COEFFICIENT)));
  }

  @Override
  byte[] privateKey(KeySpec spec) throws InvalidKeySpecException {
    if (!(spec instanceof RSAPrivateCrtKeySpec)) {
      throw new InvalidKeySpecException(
          "The HSM holds RSA private keys with their primes: give an RSAPrivateCrtKeySpec, a PKCS8EncodedKeySpec or a"
              + " KeyAttributesMap, not " + spec.getClass().getName() + ".");
    }
    return super.privateKey(spec);
  }

  private static BigInteger number(KeyAttributesMap map, KeyAttribute part) throws InvalidKeySpecException {
    return new BigInteger(1, bytes(map, part));
  }
}
