package io.hsmbridge.spi;

import io.hsmbridge.engine.Parameters;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.ProviderException;
import java.security.SignatureException;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;

/** RSA PSS (RFC 8017, 8.1), either with parameters that the caller must set, or for one hash with a default salt. */
final class PssScheme extends SignatureScheme {

  private final Hash fixed;
  private Hash hash;
  private Hash mgfHash;
  private int saltLength;
  private DigestInput input;

  private PssScheme(Hash fixed) {
    super("RSA");
    this.fixed = fixed;
  }

  /** The algorithm {@code RSASSA-PSS}. */
  static PssScheme withParameters() {
    return new PssScheme(null);
  }

  /** An algorithm whose name says the hash; MGF1 uses the same, the salt is as long as a digest. */
  static PssScheme of(Hash hash) {
    PssScheme scheme = new PssScheme(hash);
    scheme.use(hash, hash, hash.size());
    return scheme;
  }

  @Override
  SignatureInput input() throws SignatureException {
    if (input == null) {
      throw new SignatureException("Parameters required for RSASSA-PSS signatures: call setParameter first.");
    }
    return input;
  }

  @Override
  void reset() {
    if (input != null) {
      input.reset();
    }
  }

  @Override
  byte[] parameter() {
    return Parameters.pss(hash.mechanism(), mgfHash.mechanism(), saltLength);
  }

  @Override
  void setParameters(AlgorithmParameterSpec parameters) throws InvalidAlgorithmParameterException {
    if (!(parameters instanceof PSSParameterSpec)) {
      throw new InvalidAlgorithmParameterException(
          "RSA PSS takes a PSSParameterSpec, not " + (parameters == null ? "null" : parameters.getClass().getName())
              + ".");
    }
    PSSParameterSpec pss = (PSSParameterSpec) parameters;
    Hash asked = Hash.required(pss.getDigestAlgorithm());
    if (fixed != null && asked != fixed) {
      throw new InvalidAlgorithmParameterException(
          "This signature algorithm hashes with " + fixed.standardName() + ", not with " + pss.getDigestAlgorithm()
              + "; RSASSA-PSS takes any hash.");
    }
    if (!"MGF1".equalsIgnoreCase(pss.getMGFAlgorithm()) || !(pss.getMGFParameters() instanceof MGF1ParameterSpec)) {
      throw new InvalidAlgorithmParameterException(
          "The mask generation function of RSA PSS is MGF1 with an MGF1ParameterSpec, not " + pss.getMGFAlgorithm()
              + ".");
    }
    if (pss.getTrailerField() != PSSParameterSpec.TRAILER_FIELD_BC) {
      throw new InvalidAlgorithmParameterException(
          "The trailer field of RSA PSS is 1, not " + pss.getTrailerField() + ".");
    }
    use(asked, Hash.required(((MGF1ParameterSpec) pss.getMGFParameters()).getDigestAlgorithm()), pss.getSaltLength());
  }

  @Override
  AlgorithmParameters parameters() {
    if (hash == null) {
      return null;
    }
    try {
      AlgorithmParameters parameters = AlgorithmParameters.getInstance("RSASSA-PSS");
      parameters.init(
          new PSSParameterSpec(
              hash.standardName(), "MGF1", mgfHash.mgf1(), saltLength, PSSParameterSpec.TRAILER_FIELD_BC));
      return parameters;
    } catch (GeneralSecurityException e) {
      throw new ProviderException("No provider of this JVM encodes the parameters of RSASSA-PSS.", e);
    }
  }

  private void use(Hash newHash, Hash newMgfHash, int newSaltLength) {
    if (hash != newHash) {
      hash = newHash;
      input = DigestInput.digest(newHash);
    }
    mgfHash = newMgfHash;
    saltLength = newSaltLength;
  }
}
