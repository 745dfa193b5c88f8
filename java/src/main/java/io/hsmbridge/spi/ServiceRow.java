package io.hsmbridge.spi;

import io.hsmbridge.engine.Connection;
import java.util.ArrayList;
import java.util.List;

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

  /** An alias that is an object identifier is also known with the prefix {@code OID.}, as in the JDK's providers. */
  ServiceRow(String type, String algorithm, long mechanism, Factory factory, String... aliases) {
    this.type = type;
    this.algorithm = algorithm;
    this.mechanism = mechanism;
    this.factory = factory;
    this.aliases = new ArrayList<>(List.of(aliases));
    for (String alias : aliases) {
      if (Character.isDigit(alias.charAt(0))) {
        this.aliases.add("OID." + alias);
      }
    }
  }
}
