package com.amazonaws.cloudhsm.jce.provider.spec;

import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import java.security.spec.KeySpec;
import java.util.Objects;
import javax.crypto.SecretKey;

/**
 * What a {@code SecretKeyFactory} derives with the counter KDF (NIST SP 800-108) from a generic secret, by HMAC. The
 * original has no such class; its PKCS#11 library has the KDF.
 */
public class HmacKdfParameterSpec implements KeySpec {

  private final KeyAttributesMap keyAttributes;
  private final String hash;
  private final HmacKdfFixedInputData fixedInputData;
  private final SecretKey baseKey;

  /**
   * Describes the derivation.
   *
   * @param derivedKeyAttributes the derived key's attributes, with {@code SIZE} in bits; null for none
   * @param hash of the HMAC: {@code SHA-1}, {@code SHA-224}, {@code SHA-256}, {@code SHA-384} or {@code SHA-512}
   * @param fixedInputData what the KDF puts behind its counter
   * @param baseKey a generic secret or HMAC key of the HSM with {@code DERIVE} true
   * @throws NullPointerException if the hash, the input or the base key is null
   */
  public HmacKdfParameterSpec(
      KeyAttributesMap derivedKeyAttributes, String hash, HmacKdfFixedInputData fixedInputData, SecretKey baseKey) {
    this.keyAttributes = new KeyAttributesMap(derivedKeyAttributes);
    this.hash = Objects.requireNonNull(hash, "hash is null");
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
   * Returns the name of the hash.
   *
   * @return as it was given
   */
  public String getHash() {
    return hash;
  }

  /**
   * Returns what the KDF puts behind its counter.
   *
   * @return the input, never null
   */
  public HmacKdfFixedInputData getFixedInputData() {
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
