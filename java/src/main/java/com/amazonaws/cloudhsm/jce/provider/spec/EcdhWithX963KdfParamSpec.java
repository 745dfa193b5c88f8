package com.amazonaws.cloudhsm.jce.provider.spec;

import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import java.security.spec.AlgorithmParameterSpec;

/** What a key agreement {@code ECDHwithX963SHA…KDF} (ANSI X9.63; RFC 8418, section 2.1) derives, and from what. */
public class EcdhWithX963KdfParamSpec implements AlgorithmParameterSpec {

  private final byte[] sharedInfo;
  private final KeyAttributesMap keyAttributes;

  /**
   * Describes the key to derive.
   *
   * @param sharedInfo the KDF's SharedInfo; null or empty for none
   * @param derivedKeyAttributes the derived key's attributes, with {@code SIZE} in bits; null for none
   */
  public EcdhWithX963KdfParamSpec(byte[] sharedInfo, KeyAttributesMap derivedKeyAttributes) {
    this.sharedInfo = sharedInfo == null ? new byte[0] : sharedInfo.clone();
    this.keyAttributes = new KeyAttributesMap(derivedKeyAttributes);
  }

  /**
   * Returns the SharedInfo.
   *
   * @return a copy, never null
   */
  public byte[] getSharedInfo() {
    return sharedInfo.clone();
  }

  /**
   * Returns the derived key's attributes.
   *
   * @return a copy, never null
   */
  public KeyAttributesMap getKeyAttributes() {
    return new KeyAttributesMap(keyAttributes);
  }
}
