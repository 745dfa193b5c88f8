package com.amazonaws.cloudhsm.jce.provider.spec;

import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import java.security.spec.AlgorithmParameterSpec;

/**
 * What {@code Cipher.init(UNWRAP_MODE, …)} takes for a cipher with parameters of its own, such as an IV, when the
 * unwrapped key is to have attributes: both at once. Without parameters a {@link KeyAttributesMap} alone does.
 *
 * <p>This class is an addition of the emulator.
 */
public class UnwrapParameterSpec implements AlgorithmParameterSpec {

  private final AlgorithmParameterSpec cipherParameters;
  private final KeyAttributesMap keyAttributes;

  /**
   * Combines the two.
   *
   * @param cipherParameters for example a {@code GCMParameterSpec} or an {@code IvParameterSpec}; null for none
   * @param unwrappedKeyAttributes the attributes of the unwrapped key; null for none
   */
  public UnwrapParameterSpec(AlgorithmParameterSpec cipherParameters, KeyAttributesMap unwrappedKeyAttributes) {
    this.cipherParameters = cipherParameters;
    this.keyAttributes = new KeyAttributesMap(unwrappedKeyAttributes);
  }

  /**
   * Returns the cipher's own parameters.
   *
   * @return what the constructor took, may be null
   */
  public AlgorithmParameterSpec getCipherParameters() {
    return cipherParameters;
  }

  /**
   * Returns the attributes of the unwrapped key.
   *
   * @return a copy, never null
   */
  public KeyAttributesMap getKeyAttributes() {
    return new KeyAttributesMap(keyAttributes);
  }
}
