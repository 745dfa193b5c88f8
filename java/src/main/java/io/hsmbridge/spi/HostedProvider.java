package io.hsmbridge.spi;

import com.amazonaws.cloudhsm.jce.jni.exception.ProviderInitializationException;
import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import io.hsmbridge.connection.Connection;
import java.io.IOException;
import java.security.Provider;
import java.security.Security;
import javax.security.auth.login.LoginException;

/** Registers the provider on behalf of the process that hosts this JVM. */
public final class HostedProvider {

  private HostedProvider() {}

  /**
   * Makes a provider and registers it, unless {@code java.security} names it already.
   *
   * <p>The next provider that the program makes shares its login and its session keys. A replaceable one then also
   * leaves the list, so that {@code Security.addProvider} and {@code insertProviderAt} do what they do in a JVM that
   * nobody hosts.
   *
   * @param first true to ask it before all other providers, so that keys are generated in the HSM even if the program
   *     names no provider; false to ask it after them
   * @param systemLogin whether to log in with the system's credentials; otherwise the host logs in
   * @param replaceable whether it stands for a program that registers none
   * @return the registered provider
   * @throws IOException as the provider's constructor
   * @throws ProviderInitializationException as the provider's constructor, or if another provider has the name
   * @throws LoginException as the provider's constructor
   */
  public static Provider register(boolean first, boolean systemLogin, boolean replaceable)
      throws IOException, ProviderInitializationException, LoginException {
    Provider present = Security.getProvider(CloudHsmProvider.PROVIDER_NAME);
    if (present instanceof CloudHsmProvider) {
      if (first) {
        Security.removeProvider(present.getName());
        Security.insertProviderAt(present, 1);
      }
      return present;
    }
    Connection connection = Connection.open();
    if (systemLogin) {
      connection.useSystemLogin();
    } else {
      connection.useOwnLogin();
    }
    Connection.lendToNextProvider(connection);
    Provider provider = new CloudHsmProvider();
    int position = first ? Security.insertProviderAt(provider, 1) : Security.addProvider(provider);
    if (position < 0) {
      throw new ProviderInitializationException(
          "Another provider named " + provider.getName() + " is registered in this JVM; take it out.", null);
    }
    Connection.lendToNextProvider(connection);
    if (replaceable) {
      HostedSlot.offer(provider);
    }
    return provider;
  }
}
