package io.hsmbridge.spi;

import io.hsmbridge.connection.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A row of the table of services. */
final class ServiceRow {

  /** Makes the SPI of a service. */
  interface Factory {
    Object create(Connection connection, long mechanism);
  }

  final String type;
  final String algorithm;
  final long mechanism;
  final Factory factory;
  final List<String> aliases;
  final Map<String, String> attributes;

  private ServiceRow(
      String type,
      String algorithm,
      long mechanism,
      Factory factory,
      List<String> aliases,
      Map<String, String> attributes) {
    this.type = type;
    this.algorithm = algorithm;
    this.mechanism = mechanism;
    this.factory = factory;
    this.aliases = aliases;
    this.attributes = attributes;
  }

  /** An alias that is an object identifier is also known with the prefix {@code OID.}, as in the JDK's providers. */
  static ServiceRow row(String type, String algorithm, long mechanism, Factory factory, String... aliases) {
    List<String> all = new ArrayList<>(List.of(aliases));
    for (String alias : aliases) {
      if (Character.isDigit(alias.charAt(0))) {
        all.add("OID." + alias);
      }
    }
    return new ServiceRow(type, algorithm, mechanism, factory, all, Map.of());
  }

  /** Returns the row with attributes, as {@link java.security.Provider} names them. */
  ServiceRow with(Map<String, String> serviceAttributes) {
    return new ServiceRow(type, algorithm, mechanism, factory, aliases, serviceAttributes);
  }
}
