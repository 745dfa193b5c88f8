package com.amazonaws.cloudhsm.jce.provider.attributes;

import com.amazonaws.cloudhsm.jce.jni.exception.AddAttributeException;

/**
 * Builds a {@link KeyAttributesMap} in one expression.
 *
 * <pre>
 * KeyAttributesMap map =
 *     new KeyAttributesMapBuilder().put(KeyAttribute.LABEL, "my key").put(KeyAttribute.SIZE, 256).build();
 * </pre>
 */
public class KeyAttributesMapBuilder {

  private final KeyAttributesMap map = new KeyAttributesMap();

  /** Begins with an empty map. */
  public KeyAttributesMapBuilder() {}

  /**
   * Sets the value of an attribute.
   *
   * @param attribute the attribute
   * @param value its value
   * @return this builder
   * @throws AddAttributeException as {@link KeyAttributesMap#put}
   */
  public KeyAttributesMapBuilder put(KeyAttribute attribute, Object value) throws AddAttributeException {
    map.put(attribute, value);
    return this;
  }

  /**
   * Sets the values of all attributes of a map.
   *
   * @param other the map; null for none
   * @return this builder
   * @throws AddAttributeException as {@link KeyAttributesMap#putAll}
   */
  public KeyAttributesMapBuilder putAll(KeyAttributesMap other) throws AddAttributeException {
    map.putAll(other);
    return this;
  }

  /**
   * Makes the map; the builder may be used further.
   *
   * @return a new map
   * @throws AddAttributeException never here; part of the signature, as for {@link #put}
   */
  public KeyAttributesMap build() throws AddAttributeException {
    return new KeyAttributesMap(map);
  }
}
