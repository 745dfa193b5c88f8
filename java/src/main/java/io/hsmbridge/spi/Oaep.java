package io.hsmbridge.spi;

import io.hsmbridge.engine.Parameters;
import java.security.InvalidAlgorithmParameterException;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;

/** The parameters of RSA OAEP (RFC 8017, 7.1): those of a transformation by itself, and those that a caller gives. */
final class Oaep {

  private final Hash hash;
  private final Hash mgfHash;
  private final PSource.PSpecified label;

  private Oaep(Hash hash, Hash mgfHash, PSource.PSpecified label) {
    this.hash = hash;
    this.mgfHash = mgfHash;
    this.label = label;
  }

  /** Returns what a transformation means by itself: MGF1 with the hash of its name. */
  static Oaep of(Hash hash) {
    return new Oaep(hash, hash, PSource.PSpecified.DEFAULT);
  }

  /**
   * Returns the parameters that a caller gives.
   *
   * @param given null for the transformation's own
   * @param anyHash whether another hash than the transformation's may be given
   * @throws InvalidAlgorithmParameterException if the HSM does not have them, or the transformation has another hash
   */
  Oaep with(AlgorithmParameterSpec given, boolean anyHash) throws InvalidAlgorithmParameterException {
    if (given == null) {
      return this;
    }
    if (!(given instanceof OAEPParameterSpec)) {
      throw new InvalidAlgorithmParameterException(
          "Wrong parameter type: OAEP takes an OAEPParameterSpec, not a " + given.getClass().getName() + ".");
    }
    OAEPParameterSpec other = (OAEPParameterSpec) given;
    Hash asked = Hash.required(other.getDigestAlgorithm());
    if (!anyHash && asked != hash) {
      throw new InvalidAlgorithmParameterException(
          "The transformation is for " + hash.standardName() + " and the parameters are for " + asked.standardName()
              + "; name the same hash in both.");
    }
    if (!"MGF1".equalsIgnoreCase(other.getMGFAlgorithm()) || !(other.getMGFParameters() instanceof MGF1ParameterSpec)) {
      throw new InvalidAlgorithmParameterException(
          "The mask generation function of OAEP is MGF1 with an MGF1ParameterSpec, not " + other.getMGFAlgorithm()
              + ".");
    }
    if (!(other.getPSource() instanceof PSource.PSpecified)) {
      throw new InvalidAlgorithmParameterException("The source of OAEP's label is a PSource.PSpecified.");
    }
    Hash mask = Hash.required(((MGF1ParameterSpec) other.getMGFParameters()).getDigestAlgorithm());
    return new Oaep(asked, mask, (PSource.PSpecified) other.getPSource());
  }

  OAEPParameterSpec spec() {
    return new OAEPParameterSpec(hash.standardName(), "MGF1", mgfHash.mgf1(), label);
  }

  /** Encodes the parameters for {@code RSA_PKCS_OAEP}. */
  byte[] parameter() {
    return Parameters.oaep(hash.mechanism(), mgfHash.mechanism(), label.getValue());
  }

  /** Encodes the parameters for {@code RSA_AES_KEY_WRAP}. */
  byte[] parameter(int aesBits) {
    return Parameters.rsaAesKeyWrap(aesBits, hash.mechanism(), mgfHash.mechanism(), label.getValue());
  }
}
