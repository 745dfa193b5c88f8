package com.amazonaws.cloudhsm.jce.provider;

import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import java.security.spec.KeySpec;
import java.util.Objects;
import javax.crypto.SecretKey;

/** What a {@code SecretKeyFactory} derives with the counter KDF (NIST SP 800-108) from an AES key, by AES-CMAC. */
public class AesCmacKdfParameterSpec implements KeySpec {

  private final KeyAttributesMap keyAttributes;
  private final AesCmacKdfFixedInputData fixedInputData;
  private final SecretKey baseKey;

  /**
   * Describes the derivation.
   *
   * @param derivedKeyAttributes the derived key's attributes, with {@code SIZE} in bits; null for none
   * @param fixedInputData what the KDF puts around its counter
   * @param baseKey an AES key of the HSM with {@code DERIVE} true
   * @throws NullPointerException if the input or the base key is null
   */
  public AesCmacKdfParameterSpec(
      KeyAttributesMap derivedKeyAttributes, AesCmacKdfFixedInputData fixedInputData, SecretKey baseKey) {
    this.keyAttributes = new KeyAttributesMap(derivedKeyAttributes);
    this.fixedInputData = Objects.requireNonNull(fixedInputData, "fixedInputData is null");
    this.baseKey = Objects.requireNonNull(baseKey, "baseKey is null");
  }

  /**
   * Returns the derived key's attributes.
   *
   * @return a copy, never null
   */
  public KeyAttributesMap getKeyAttributes() {
    return new KeyAttributesMap(keyAttributes);
  }

  /**
   * Returns what the KDF puts around its counter.
   *
   * @return the input, never null
   */
  public AesCmacKdfFixedInputData getFixedInputData() {
    return fixedInputData;
  }

  /**
   * Returns the key to derive from.
   *
   * @return the base key, never null
   */
  public SecretKey getBaseKey() {
    return baseKey;
  }
}
