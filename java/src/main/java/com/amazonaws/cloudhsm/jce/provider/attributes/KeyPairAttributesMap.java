package com.amazonaws.cloudhsm.jce.provider.attributes;

import java.security.spec.AlgorithmParameterSpec;

/** Attributes of the two halves of a key pair that is to be generated. */
public class KeyPairAttributesMap implements AlgorithmParameterSpec {

  private final KeyAttributesMap publicMap;
  private final KeyAttributesMap privateMap;

  /** Makes two empty maps. */
  public KeyPairAttributesMap() {
    this(null, null);
  }

  /**
   * Copies two maps.
   *
   * @param publicMap attributes of the public half; null for none
   * @param privateMap attributes of the private half; null for none
   */
  public KeyPairAttributesMap(KeyAttributesMap publicMap, KeyAttributesMap privateMap) {
    this.publicMap = new KeyAttributesMap(publicMap);
    this.privateMap = new KeyAttributesMap(privateMap);
  }

  /**
   * Returns the attributes of the public half.
   *
   * @return the map itself, which may be changed; never null
   */
  public KeyAttributesMap getPublic() {
    return publicMap;
  }

  /**
   * Returns the attributes of the private half.
   *
   * @return the map itself, which may be changed; never null
   */
  public KeyAttributesMap getPrivate() {
    return privateMap;
  }

  /**
   * Sets the values of all attributes of another pair of maps, in place of those that this one has.
   *
   * @param other the other pair; null for none
   */
  public void putAll(KeyPairAttributesMap other) {
    if (other != null) {
      publicMap.merge(other.publicMap);
      privateMap.merge(other.privateMap);
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof KeyPairAttributesMap
        && publicMap.equals(((KeyPairAttributesMap) other).publicMap)
        && privateMap.equals(((KeyPairAttributesMap) other).privateMap);
  }

  @Override
  public int hashCode() {
    return 31 * publicMap.hashCode() + privateMap.hashCode();
  }

  /** As {@link KeyAttributesMap#toString}, for both halves. */
  @Override
  public String toString() {
    return "{public=" + publicMap + ", private=" + privateMap + "}";
  }
}
