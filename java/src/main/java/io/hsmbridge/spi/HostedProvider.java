package io.hsmbridge.spi;

import com.amazonaws.cloudhsm.jce.jni.exception.ProviderInitializationException;
import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import io.hsmbridge.engine.Connection;
import java.io.IOException;
import java.security.Provider;
import java.security.Security;
import javax.security.auth.login.LoginException;

/** Registers the provider on behalf of the process that hosts this JVM. */
public final class HostedProvider {

  private HostedProvider() {}

  /**
   * Makes a provider and registers it. The next {@code new CloudHsmProvider()} shares its login and its session keys,
   * because a program that makes its own provider would otherwise find another one under the same name.
   *
   * @param first true to ask it before all other providers, so that keys are generated in the HSM even if the program
   *     names no provider; false to ask it after them
   * @return the registered provider
   * @throws IOException as the provider's constructor
   * @throws ProviderInitializationException as the provider's constructor, or if one is registered already
   * @throws LoginException as the provider's constructor
   */
  public static Provider register(boolean first) throws IOException, ProviderInitializationException, LoginException {
    Connection connection = Connection.open();
    Connection.lendToNextProvider(connection);
    Provider provider = new CloudHsmProvider();
    int position = first ? Security.insertProviderAt(provider, 1) : Security.addProvider(provider);
    if (position < 0) {
      throw new ProviderInitializationException(
          "A provider named " + provider.getName() + " is registered in this JVM already.", null);
    }
    Connection.lendToNextProvider(connection);
    return provider;
  }
}
