package io.hsmbridge.spi;

import io.hsmbridge.connection.Connection;
import java.security.Provider;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The table of all services: JCA name, mechanism, SPI, aliases. Adding an algorithm is adding a row. */
public final class Services {

  private static final List<ServiceRow> TABLE =
      Stream.of(KeyServices.ROWS, CipherServices.ROWS, SignatureServices.ROWS, DerivationServices.ROWS)
          .flatMap(List::stream)
          .collect(Collectors.toUnmodifiableList());

  private Services() {}

  /**
   * Makes the services of a provider.
   *
   * @param provider the provider
   * @param connection its session with the HSM
   * @return one service for each row
   */
  public static Stream<Provider.Service> of(Provider provider, Connection connection) {
    return TABLE.stream().map(row -> new ProviderService(provider, connection, row));
  }
}
