package io.hsmbridge.spi;

import io.hsmbridge.connection.Connection;
import io.hsmbridge.engine.Connecting;
import io.hsmbridge.engine.OwnProvider;
import io.hsmbridge.key.HsmKey;
import java.security.NoSuchAlgorithmException;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Security;
import java.util.Arrays;

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

  Connection connection() {
    return connection;
  }

  /**
   * Makes the SPI.
   *
   * @param constructorParameter ignored
   * @return a new object
   * @throws NoSuchAlgorithmException if the JDK asks for a {@code KeyFactory} in order to read a certificate; ours would
   *     import its key, where another's, or none, is meant. Also if the thread speaks TLS with the HSM
   */
  @Override
  public Object newInstance(Object constructorParameter) throws NoSuchAlgorithmException {
    // A random source that is refused would be missed by the JDK; it knows what to do by itself.
    if (Connecting.isMarked() && !row.type.equals("SecureRandom")) {
      throw new NoSuchAlgorithmException("The connection with the HSM needs algorithms of other providers.");
    }
    if (row.type.equals("KeyFactory") && isForCertificate()) {
      throw new NoSuchAlgorithmException("Keys of certificates are not imported into the HSM.");
    }
    return row.factory.create(connection, row.mechanism);
  }

  private static boolean isForCertificate() {
    return StackWalker.getInstance()
        .walk(frames -> frames.limit(DEPTH).anyMatch(frame -> frame.getClassName().startsWith("sun.security.x509.")));
  }

  /**
   * Takes this HSM's own keys, and leaves software keys to the other providers; but a signature that no other one can
   * verify is verified here.
   */
  @Override
  public boolean supportsParameter(Object parameter) {
    if (Connecting.isMarked()) {
      return false;
    }
    if (parameter instanceof HsmKey) {
      return ((HsmKey) parameter).belongsTo(connection);
    }
    return parameter instanceof PublicKey && row.type.equals("Signature") && isNobodyElses();
  }

  private boolean isNobodyElses() {
    Provider[] offering = Security.getProviders(row.type + "." + row.algorithm);
    return offering != null && Arrays.stream(offering).allMatch(OwnProvider.class::isInstance);
  }
}
