package io.hsmbridge.spi;

import com.amazonaws.cloudhsm.jce.provider.attributes.EcParams;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttribute;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyType;
import io.hsmbridge.engine.Attributes;
import io.hsmbridge.key.Curve;
import java.math.BigInteger;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPrivateKeySpec;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.KeySpec;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Curve, point and scalar of EC keys (SEC 1, 3.2). */
final class EcParts extends KeyParts {

  EcParts() {
    super("EC", Attributes.TYPE_EC, List.of("EC", "ECDSA", "ECDH"));
  }

  /** Ed25519 is a curve among others to those who name it by {@code EC_PARAMS} or {@code KEY_TYPE}. */
  @Override
  KeyParts reading(KeyAttributesMap map) {
    Object curve = map.get(KeyAttribute.EC_PARAMS);
    boolean edwards =
        map.get(KeyAttribute.KEY_TYPE) == KeyType.EC_EDWARDS
            || curve instanceof byte[] && Arrays.equals((byte[]) curve, EcParams.EC_CURVE_ED25519);
    return edwards ? KeyParts.edwards() : this;
  }

  @Override
  byte[] publicKey(KeyAttributesMap map) throws InvalidKeySpecException {
    Object point = part(map, KeyAttribute.EC_POINT);
    if (!(point instanceof ECPoint)) {
      throw new InvalidKeySpecException("EC_POINT of an EC key is a java.security.spec.ECPoint, not a byte[].");
    }
    Curve curve = curve(map);
    curve.octetString((ECPoint) point);
    return publicKey(new ECPublicKeySpec((ECPoint) point, curve.parameters()));
  }

  @Override
  byte[] privateKey(KeyAttributesMap map) throws InvalidKeySpecException {
    return privateKey(new ECPrivateKeySpec(new BigInteger(1, bytes(map, KeyAttribute.VALUE)), curve(map).parameters()));
  }

  @Override
  byte[] publicKey(KeySpec spec) throws InvalidKeySpecException {
    if (spec instanceof ECPublicKeySpec) {
      ECPublicKeySpec key = (ECPublicKeySpec) spec;
      known(Curve.ofParameters(key.getParams())).octetString(key.getW());
    }
    return super.publicKey(spec);
  }

  /** The JDK cuts a scalar to the length of the curve's order, which would make it another key. */
  @Override
  byte[] privateKey(KeySpec spec) throws InvalidKeySpecException {
    if (spec instanceof ECPrivateKeySpec) {
      ECPrivateKeySpec key = (ECPrivateKeySpec) spec;
      BigInteger order = known(Curve.ofParameters(key.getParams())).parameters().getOrder();
      if (key.getS().signum() <= 0 || key.getS().compareTo(order) >= 0) {
        throw new InvalidKeySpecException("The scalar of an EC key is from 1 to the order of its curve less 1.");
      }
    }
    return super.privateKey(spec);
  }

  private static Curve curve(KeyAttributesMap map) throws InvalidKeySpecException {
    Object given = part(map, KeyAttribute.EC_PARAMS);
    Optional<Curve> curve =
        given instanceof byte[] ? Curve.ofEncoding((byte[]) given) : Curve.ofParameters((ECParameterSpec) given);
    return known(curve);
  }

  private static Curve known(Optional<Curve> curve) throws InvalidKeySpecException {
    return curve.orElseThrow(
        () -> new InvalidKeySpecException("The HSM has no curve with these parameters. It has " + Curve.names() + "."));
  }
}
