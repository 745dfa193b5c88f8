package io.hsmbridge.spi;

import io.hsmbridge.engine.Parameters;
import java.security.InvalidAlgorithmParameterException;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.EdDSAParameterSpec;

/** Ed25519 and, for long messages, Ed25519ph (RFC 8032, 5.1). */
final class EddsaScheme extends SignatureScheme {

  private final boolean prehashed;
  private final SignatureInput input;

  EddsaScheme(boolean prehashed) {
    super("Ed25519", "EdDSA");
    this.prehashed = prehashed;
    this.input = prehashed ? DigestInput.digest(Hash.SHA512) : RawInput.unlimited();
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
  byte[] parameter() {
    return Parameters.eddsa(prehashed);
  }

  /** Takes parameters that repeat what the algorithm's name says. */
  @Override
  void setParameters(AlgorithmParameterSpec parameters) throws InvalidAlgorithmParameterException {
    if (!(parameters instanceof EdDSAParameterSpec)) {
      super.setParameters(parameters);
      return;
    }
    EdDSAParameterSpec eddsa = (EdDSAParameterSpec) parameters;
    if (eddsa.isPrehash() != prehashed || eddsa.getContext().isPresent()) {
      throw new InvalidAlgorithmParameterException(
          "The HSM has Ed25519 and Ed25519ph without a context; choose between them by the algorithm's name.");
    }
  }
}
