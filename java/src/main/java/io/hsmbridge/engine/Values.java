package io.hsmbridge.engine;

import com.amazonaws.cloudhsm.jce.jni.exception.InternalException;
import java.math.BigInteger;
import java.util.Map;

/** Reads typed values out of an attribute map that the engine returned. */
public final class Values {

  private Values() {}

  /**
   * Reads a number.
   *
   * @param attributes the map
   * @param name one of {@link Attributes}
   * @return the value
   */
  public static long number(Map<String, Object> attributes, String name) {
    return required(attributes, name, Long.class);
  }

  /**
   * Reads a flag.
   *
   * @param attributes the map
   * @param name one of {@link Attributes}
   * @return the value
   */
  public static boolean flag(Map<String, Object> attributes, String name) {
    return required(attributes, name, Boolean.class);
  }

  /**
   * Reads a text.
   *
   * @param attributes the map
   * @param name one of {@link Attributes}
   * @return the value, empty if the map has none
   */
  public static String text(Map<String, Object> attributes, String name) {
    return attributes.get(name) == null ? "" : required(attributes, name, String.class);
  }

  /**
   * Reads bytes.
   *
   * @param attributes the map
   * @param name one of {@link Attributes}
   * @return the value
   */
  public static byte[] bytes(Map<String, Object> attributes, String name) {
    return required(attributes, name, byte[].class);
  }

  /**
   * Reads an unsigned big-endian integer.
   *
   * @param attributes the map
   * @param name one of {@link Attributes}
   * @return the value
   */
  public static BigInteger integer(Map<String, Object> attributes, String name) {
    return new BigInteger(1, bytes(attributes, name));
  }

  private static <T> T required(Map<String, Object> attributes, String name, Class<T> type) {
    Object value = attributes.get(name);
    if (!type.isInstance(value)) {
      throw new InternalException(
          "The engine gave " + (value == null ? "no value" : value.getClass().getName()) + " for the attribute "
              + name + ", not " + type.getSimpleName() + ".",
          null);
    }
    return type.cast(value);
  }
}
