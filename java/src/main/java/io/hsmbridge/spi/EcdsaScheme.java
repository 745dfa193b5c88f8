package io.hsmbridge.spi;

import io.hsmbridge.key.Curve;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.SignatureException;
import java.security.interfaces.ECKey;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECParameterSpec;

/** ECDSA (FIPS 186-5, 6), with signatures as DER (RFC 3279) or as r and s of fixed length (IEEE P1363). */
final class EcdsaScheme extends SignatureScheme {

  private final SignatureInput input;
  private final boolean p1363;
  private ECKey key;

  private EcdsaScheme(SignatureInput input, boolean p1363) {
    super("EC", "ECDSA");
    this.input = input;
    this.p1363 = p1363;
  }

  static EcdsaScheme der(SignatureInput input) {
    return new EcdsaScheme(input, false);
  }

  static EcdsaScheme p1363(SignatureInput input) {
    return new EcdsaScheme(input, true);
  }

  @Override
  void requireKey(Key key) throws InvalidKeyException {
    super.requireKey(key);
    this.key = key instanceof ECKey ? (ECKey) key : null;
    if (p1363 && curve() == null) {
      throw new InvalidKeyException("This key does not tell its curve: it is no java.security.interfaces.ECKey.");
    }
  }

  @Override
  SignatureInput input() {
    return input;
  }

  @Override
  void reset() {
    input.reset();
  }

  @Override
  byte[] encode(byte[] signature) throws SignatureException {
    return p1363 ? EcdsaEncoding.toFixedLength(signature, orderBytes()) : signature;
  }

  @Override
  byte[] decode(byte[] signature) throws SignatureException {
    if (p1363) {
      return signature.length == 2 * orderBytes() ? EcdsaEncoding.fromFixedLength(signature) : null;
    }
    EcdsaEncoding.require(signature);
    return signature;
  }

  /** Some certificates repeat the key's curve as the algorithm's parameters. */
  @Override
  void setParameters(AlgorithmParameterSpec parameters) throws InvalidAlgorithmParameterException {
    if (!(parameters instanceof ECParameterSpec)) {
      super.setParameters(parameters);
    } else if (curve() != null
        && !Curve.ofParameters((ECParameterSpec) parameters).equals(Curve.ofParameters(curve()))) {
      throw new InvalidAlgorithmParameterException("The signature's parameters name another curve than its key.");
    }
  }

  /** Asked for when it is needed: to tell who asks takes a key of the HSM some time. */
  private ECParameterSpec curve() {
    return key == null ? null : key.getParams();
  }

  private int orderBytes() {
    return (curve().getOrder().bitLength() + Byte.SIZE - 1) / Byte.SIZE;
  }
}
