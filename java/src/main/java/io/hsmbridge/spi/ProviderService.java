package io.hsmbridge.spi;

import io.hsmbridge.engine.Connection;
import io.hsmbridge.key.HsmKey;
import java.security.NoSuchAlgorithmException;
import java.security.Provider;

/** One service of the provider; the SPI is made by the row's factory, not by reflection. */
final class ProviderService extends Provider.Service {

  /** Enough to reach the reader of a certificate from within {@code KeyFactory.getInstance}. */
  private static final int DEPTH = 16;

  private final ServiceRow row;
  private final Connection connection;

  ProviderService(Provider provider, Connection connection, ServiceRow row) {
    super(provider, row.type, row.algorithm, "io.hsmbridge.spi." + row.type, row.aliases, row.attributes);
    this.row = row;
    this.connection = connection;
  }

  /**
   * Makes the SPI.
   *
   * @param constructorParameter ignored
   * @return a new object
   * @throws NoSuchAlgorithmException if the JDK asks for a {@code KeyFactory} in order to read a certificate; ours would
   *     import its key, where another's, or none, is meant
   */
  @Override
  public Object newInstance(Object constructorParameter) throws NoSuchAlgorithmException {
    if (row.type.equals("KeyFactory") && isForCertificate()) {
      throw new NoSuchAlgorithmException("Keys of certificates are not imported into the HSM.");
    }
    return row.factory.create(connection, row.mechanism);
  }

  private static boolean isForCertificate() {
    return StackWalker.getInstance()
        .walk(frames -> frames.limit(DEPTH).anyMatch(frame -> frame.getClassName().startsWith("sun.security.x509.")));
  }

  /** Takes this HSM's own keys only, so that JCA leaves software keys to the other providers. */
  @Override
  public boolean supportsParameter(Object parameter) {
    return parameter instanceof HsmKey && ((HsmKey) parameter).belongsTo(connection);
  }
}
