package com.amazonaws.cloudhsm.jce.provider;

import com.amazonaws.cloudhsm.jce.jni.exception.ProviderInitializationException;
import io.hsmbridge.connection.Connection;
import io.hsmbridge.connection.Credentials;
import io.hsmbridge.connection.LoginCallbacks;
import io.hsmbridge.connection.SilentLoader;
import io.hsmbridge.engine.OwnProvider;
import io.hsmbridge.spi.HostedSlot;
import io.hsmbridge.spi.Services;
import java.io.IOException;
import java.security.AuthProvider;
import java.util.Objects;
import java.util.UUID;
import javax.security.auth.Subject;
import javax.security.auth.callback.CallbackHandler;
import javax.security.auth.login.LoginException;

/**
 * The JCE provider whose keys live in an HSM.
 *
 * <pre>
 * Security.addProvider(new CloudHsmProvider());
 * Signature signature = Signature.getInstance("SHA256withRSA", CloudHsmProvider.PROVIDER_NAME);
 * </pre>
 *
 * <p>If the system properties {@code HSM_USER} and {@code HSM_PASSWORD}, or the environment variables of these names,
 * are set, the constructor logs in with them and {@link #login} and {@link #logout} are unavailable.
 */
public final class CloudHsmProvider extends AuthProvider implements OwnProvider {

  /** The provider's name, as in {@code Signature.getInstance(algorithm, PROVIDER_NAME)}. */
  public static final String PROVIDER_NAME = "CloudHSM";

  /** The KeyStore type, as in {@code KeyStore.getInstance(CLOUDHSM_KEYSTORE_TYPE)}. */
  public static final String CLOUDHSM_KEYSTORE_TYPE = "CloudHSM";

  private static final long serialVersionUID = 1L;
  private static final String VERSION = "5018000.0";
  private static final String INFO = "hsmbridge: keys in an emulated AWS CloudHSM";

  private final transient Connection connection;
  private transient volatile CallbackHandler callbackHandler;

  /**
   * Connects to the HSM and logs in if there are system credentials. The HSM is that of the process that hosts this
   * JVM, or that of the first cluster in the configuration file {@code cloudhsm-jce.cfg}, or that of the home of
   * hsmbridge.
   *
   * @throws IOException if the configuration file, or a file that it names, cannot be read
   * @throws ProviderInitializationException if no HSM can be reached, or it cannot be opened; the message says what was
   *     tried, and what to do
   * @throws LoginException if the system credentials are wrong or the account is locked
   */
  public CloudHsmProvider() throws IOException, ProviderInitializationException, LoginException {
    super(PROVIDER_NAME, VERSION, INFO);
    boolean byProgram = HostedSlot.programIsMakingOne();
    try {
      connection = Connection.forNewProvider(byProgram);
    } catch (IOException | ProviderInitializationException | LoginException e) {
      SilentLoader.explain(e);
      throw e;
    }
    Services.of(this, connection).forEach(this::putService);
    if (byProgram) {
      HostedSlot.makeWay();
    }
  }

  /**
   * Connects to the HSM of a cluster and logs in if there are system credentials; the provider has the cluster's name.
   *
   * <p>Several such providers may be registered at once, each with its own login; keys of one are refused by the
   * others.
   *
   * <p>If the configuration names servers, these are asked, over TLS; what it says nothing of is taken from the cluster
   * of the same identifier in the configuration file. Without servers, the HSM of the home is asked for the cluster. In
   * a JVM that Python hosts, it is always the host who is asked.
   *
   * @param config names the cluster
   * @throws IOException if a file of the configuration cannot be read, or a log file not be written
   * @throws ProviderInitializationException if no HSM can be reached, it does not know the cluster, or the cluster's
   *     HSM cannot be opened
   * @throws LoginException if the system credentials are wrong or the account is locked
   * @throws NullPointerException if the configuration is null
   */
  public CloudHsmProvider(CloudHsmProviderConfig config)
      throws IOException, ProviderInitializationException, LoginException {
    super(nameFor(config), VERSION, INFO);
    connection =
        Connection.forCluster(
            Described.cluster(config.getCluster()), Described.logging(config.getCloudHsmLogging()));
    Services.of(this, connection).forEach(this::putService);
  }

  private static String nameFor(CloudHsmProviderConfig config) {
    String identifier = Objects.requireNonNull(config, "config is null").getCluster().getClusterUniqueIdentifier();
    return identifier == null ? PROVIDER_NAME + "-" + UUID.randomUUID() : identifier;
  }

  /**
   * Logs a crypto user in.
   *
   * @param subject ignored, may be null
   * @param handler answers a {@code PasswordCallback} with {@code user:password}, or an {@code
   *     AuthenticationStrategyCallback}; null for the handler of {@link #setCallbackHandler}
   * @throws IllegalStateException if the provider uses system credentials
   * @throws LoginException if the credentials are missing or wrong, the account is locked, or a user is logged in
   */
  @Override
  public void login(Subject subject, CallbackHandler handler) throws LoginException {
    connection.requireExplicitLogin();
    try (Credentials credentials = LoginCallbacks.ask(handler == null ? callbackHandler : handler)) {
      connection.login(credentials);
    }
  }

  /**
   * Ends the login; keys that are not persistent are gone afterwards.
   *
   * @throws IllegalStateException if the provider uses system credentials
   * @throws LoginException if nobody is logged in
   */
  @Override
  public void logout() throws LoginException {
    connection.requireExplicitLogin();
    connection.logout();
  }

  /** Names the provider and its version as the original does. */
  @Override
  public String toString() {
    return getName() + " v" + getVersionStr();
  }

  /**
   * Sets the handler that {@link #login} uses when it is given none.
   *
   * @param handler the handler, or null for none
   */
  @Override
  public void setCallbackHandler(CallbackHandler handler) {
    callbackHandler = handler;
  }
}
