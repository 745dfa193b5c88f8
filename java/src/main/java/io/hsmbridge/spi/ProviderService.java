package io.hsmbridge.spi;

import io.hsmbridge.engine.Connection;
import io.hsmbridge.key.HsmKey;
import java.security.Provider;

/** One service of the provider; the SPI is made by the row's factory, not by reflection. */
final class ProviderService extends Provider.Service {

  private final ServiceRow row;
  private final Connection connection;

  ProviderService(Provider provider, Connection connection, ServiceRow row) {
    super(provider, row.type, row.algorithm, "io.hsmbridge.spi." + row.type, row.aliases, null);
    this.row = row;
    this.connection = connection;
  }

  @Override
  public Object newInstance(Object constructorParameter) {
    return row.factory.create(connection, row.mechanism);
  }

  /** Takes this HSM's own keys only, so that JCA leaves software keys to the other providers. */
  @Override
  public boolean supportsParameter(Object parameter) {
    return parameter instanceof HsmKey && ((HsmKey) parameter).belongsTo(connection);
  }
}
