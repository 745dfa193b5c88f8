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

  /**
   * Returns the session of a provider with the HSM.
   *
   * @param provider one that was given {@link #of services}
   * @return its connection
   * @throws IllegalArgumentException if it is another provider
   */
  public static Connection connectionOf(Provider provider) {
    ServiceRow any = TABLE.get(0);
    if (provider.getService(any.type, any.algorithm) instanceof ProviderService own) {
      return own.connection();
    }
    throw new IllegalArgumentException(provider + " is no CloudHsmProvider.");
  }
}
