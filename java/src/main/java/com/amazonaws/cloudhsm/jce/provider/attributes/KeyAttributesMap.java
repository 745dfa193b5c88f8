package com.amazonaws.cloudhsm.jce.provider.attributes;

import com.amazonaws.cloudhsm.jce.jni.exception.AddAttributeException;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.KeySpec;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Attributes of one key: a template for a new key, the components of a key to import, or the conditions of a search.
 *
 * <p>The Java type of a value is checked when it is put; whether the HSM allows the value, when the map is used. Arrays
 * are copied on their way in and out, except the constants of {@link EcParams}, which stay themselves. A map is not
 * safe for use by several threads while one of them changes it.
 */
public class KeyAttributesMap implements AlgorithmParameterSpec, KeySpec {

  private final Map<KeyAttribute, Object> values = new EnumMap<>(KeyAttribute.class);

  /** Makes an empty map. */
  public KeyAttributesMap() {}

  /**
   * Copies a map.
   *
   * @param other the map to copy; null for none
   */
  public KeyAttributesMap(KeyAttributesMap other) {
    merge(other);
  }

  /**
   * Returns the value of an attribute.
   *
   * @param attribute the attribute
   * @return its value, or null if the map has none
   */
  public Object get(KeyAttribute attribute) {
    return copy(values.get(attribute));
  }

  /**
   * Sets the value of an attribute.
   *
   * @param attribute the attribute
   * @param value its value, of a type that {@link KeyAttribute} names
   * @return the value that it had before, or null
   * @throws AddAttributeException if the attribute or the value is null, or the value has another type
   */
  public Object put(KeyAttribute attribute, Object value) throws AddAttributeException {
    if (attribute == null) {
      throw new AddAttributeException("An attribute is null: name one of KeyAttribute's.");
    }
    if (!attribute.takes(value)) {
      throw new AddAttributeException(
          "The attribute " + attribute + " takes a value of type " + attribute.typeNames() + ", not "
              + (value == null ? "null" : value.getClass().getSimpleName()) + ".");
    }
    return values.put(attribute, copy(value));
  }

  /**
   * Sets the values of all attributes of another map, in place of those that this one has.
   *
   * @param other the other map; null for none
   * @throws AddAttributeException never here; part of the signature, as for {@link #put}
   */
  public void putAll(KeyAttributesMap other) throws AddAttributeException {
    merge(other);
  }

  /**
   * Removes an attribute.
   *
   * @param attribute the attribute
   * @return the value that it had, or null
   */
  public Object remove(KeyAttribute attribute) {
    return values.remove(attribute);
  }

  /** Two maps are equal if they have the same attributes with equal values; arrays are compared by content. */
  @Override
  public boolean equals(Object other) {
    if (!(other instanceof KeyAttributesMap)) {
      return false;
    }
    Map<KeyAttribute, Object> others = ((KeyAttributesMap) other).values;
    return values.keySet().equals(others.keySet())
        && values.keySet().stream().allMatch(name -> Arrays.deepEquals(boxed(values, name), boxed(others, name)));
  }

  @Override
  public int hashCode() {
    return values.keySet().stream().mapToInt(name -> name.name().hashCode() ^ Arrays.deepHashCode(boxed(values, name)))
        .sum();
  }

  /** Names the attributes with their values; of components of private and secret keys, the names only. */
  @Override
  public String toString() {
    return values.keySet().stream()
        .map(name -> name + "=" + (name.isSecret() ? "(hidden)" : text(values.get(name))))
        .collect(Collectors.joining(", ", "{", "}"));
  }

  /** As {@link #putAll}, without its exception. */
  final void merge(KeyAttributesMap other) {
    if (other != null) {
      other.values.forEach((attribute, value) -> values.put(attribute, copy(value)));
    }
  }

  private static Object[] boxed(Map<KeyAttribute, Object> map, KeyAttribute name) {
    return new Object[] {map.get(name)};
  }

  private static String text(Object value) {
    if (!(value instanceof byte[])) {
      return value.toString();
    }
    StringBuilder hex = new StringBuilder("0x");
    for (byte b : (byte[]) value) {
      hex.append(String.format("%02x", b));
    }
    return hex.toString();
  }

  private static Object copy(Object value) {
    boolean copied = value instanceof byte[] && !EcParams.isConstant(value);
    return copied ? ((byte[]) value).clone() : value;
  }
}
