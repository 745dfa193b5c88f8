package com.amazonaws.cloudhsm.jce.provider.spec;

import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import java.security.spec.KeySpec;
import java.util.Objects;
import javax.crypto.SecretKey;

/**
 * What a {@code SecretKeyFactory} derives with HKDF (RFC 5869), extract and expand, from a key of the HSM. The original
 * has no such class.
 */
public class HkdfParameterSpec implements KeySpec {

  private final String hash;
  private final byte[] salt;
  private final byte[] info;
  private final KeyAttributesMap keyAttributes;
  private final SecretKey baseKey;

  /**
   * Describes the derivation.
   *
   * @param hash {@code SHA-1}, {@code SHA-224}, {@code SHA-256}, {@code SHA-384} or {@code SHA-512}
   * @param salt null or empty for as many zeros as the hash is long
   * @param info null or empty for nothing
   * @param derivedKeyAttributes the derived key's attributes, with {@code SIZE} in bits; null for none
   * @param baseKey the input keying material, a key of the HSM with {@code DERIVE} true
   * @throws NullPointerException if the hash or the base key is null
   */
  public HkdfParameterSpec(
      String hash, byte[] salt, byte[] info, KeyAttributesMap derivedKeyAttributes, SecretKey baseKey) {
    this.hash = Objects.requireNonNull(hash, "hash is null");
    this.salt = salt == null ? new byte[0] : salt.clone();
    this.info = info == null ? new byte[0] : info.clone();
    this.keyAttributes = new KeyAttributesMap(derivedKeyAttributes);
    this.baseKey = Objects.requireNonNull(baseKey, "baseKey is null");
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
   * Returns the salt.
   *
   * @return a copy, never null
   */
  public byte[] getSalt() {
    return salt.clone();
  }

  /**
   * Returns the info.
   *
   * @return a copy, never null
   */
  public byte[] getInfo() {
    return info.clone();
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
   * Returns the key to derive from.
   *
   * @return the base key, never null
   */
  public SecretKey getBaseKey() {
    return baseKey;
  }
}
