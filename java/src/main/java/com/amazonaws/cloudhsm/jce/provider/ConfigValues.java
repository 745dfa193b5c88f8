package com.amazonaws.cloudhsm.jce.provider;

import java.util.List;
import java.util.Locale;

/** Checks of the values that builders take; null means that nothing is given. */
final class ConfigValues {

  private ConfigValues() {}

  static String notBlank(String method, String value) {
    if (value != null && value.isBlank()) {
      throw new IllegalArgumentException(method + ": the value is empty; leave the call out, or give one.");
    }
    return value;
  }

  static String oneOf(String method, String value, List<String> allowed) {
    if (value != null && !allowed.contains(value.toLowerCase(Locale.ROOT))) {
      throw new IllegalArgumentException(method + ": \"" + value + "\" is none of " + String.join(", ", allowed) + ".");
    }
    return value;
  }
}
