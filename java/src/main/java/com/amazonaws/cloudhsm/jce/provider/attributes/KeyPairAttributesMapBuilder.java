package com.amazonaws.cloudhsm.jce.provider.attributes;

import com.amazonaws.cloudhsm.jce.jni.exception.AddAttributeException;

/** Builds a {@link KeyPairAttributesMap} in one expression; what comes later wins. */
public class KeyPairAttributesMapBuilder {

  private final KeyPairAttributesMap pair = new KeyPairAttributesMap();

  /** Begins with two empty maps. */
  public KeyPairAttributesMapBuilder() {}

  /**
   * Sets attributes of the public half.
   *
   * @param map the attributes; null for none
   * @return this builder
   */
  public KeyPairAttributesMapBuilder withPublic(KeyAttributesMap map) {
    pair.putAll(new KeyPairAttributesMap(map, null));
    return this;
  }

  /**
   * Sets attributes of the private half.
   *
   * @param map the attributes; null for none
   * @return this builder
   */
  public KeyPairAttributesMapBuilder withPrivate(KeyAttributesMap map) {
    pair.putAll(new KeyPairAttributesMap(null, map));
    return this;
  }

  /**
   * Sets one attribute of the public half.
   *
   * @param attribute the attribute
   * @param value its value
   * @return this builder
   * @throws AddAttributeException as {@link KeyAttributesMap#put}
   */
  public KeyPairAttributesMapBuilder withPublic(KeyAttribute attribute, Object value) throws AddAttributeException {
    pair.getPublic().put(attribute, value);
    return this;
  }

  /**
   * Sets one attribute of the private half.
   *
   * @param attribute the attribute
   * @param value its value
   * @return this builder
   * @throws AddAttributeException as {@link KeyAttributesMap#put}
   */
  public KeyPairAttributesMapBuilder withPrivate(KeyAttribute attribute, Object value) throws AddAttributeException {
    pair.getPrivate().put(attribute, value);
    return this;
  }

  /**
   * Makes the pair of maps; the builder may be used further.
   *
   * @return a new pair
   */
  public KeyPairAttributesMap build() {
    return new KeyPairAttributesMap(pair.getPublic(), pair.getPrivate());
  }
}
