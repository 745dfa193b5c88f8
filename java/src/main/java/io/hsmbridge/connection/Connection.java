package io.hsmbridge.connection;

import com.amazonaws.cloudhsm.jce.jni.exception.ProviderInitializationException;
import io.hsmbridge.engine.Engine;
import io.hsmbridge.engine.Errors;
import io.hsmbridge.engine.HsmException;
import io.hsmbridge.engine.Janitor;
import io.hsmbridge.engine.RepeatsLogin;
import io.hsmbridge.engine.ReturnCodes;
import io.hsmbridge.locate.ClusterConfig;
import io.hsmbridge.locate.Locator;
import io.hsmbridge.locate.LogConfig;
import java.io.IOException;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import javax.security.auth.login.LoginException;

/** One session with the HSM and who is logged in on it; a provider and the keys made through it share one. */
public final class Connection {

  private static final AtomicReference<Connection> LENT = new AtomicReference<>();

  private final Engine engine;
  private final Approvals approvals;
  private String systemUser;
  private boolean explicit;
  private volatile boolean ownLogin;
  private volatile boolean fresh;

  private Connection(Engine engine) {
    this.engine = engine;
    this.approvals = new Approvals(engine);
    Janitor.whenUnreachable(this, engine::close);
  }

  /**
   * Opens a session with the default HSM, see {@link Locator}.
   *
   * @return a connection that nobody has logged in to
   * @throws IOException if a configuration file, or a file that it names, cannot be read
   * @throws ProviderInitializationException if no HSM can be reached, or it cannot be opened
   */
  public static Connection open() throws IOException, ProviderInitializationException {
    return new Connection(Locator.open(null, null));
  }

  /**
   * Opens a session with the HSM of a cluster, logged in with the system's credentials if there are any.
   *
   * @param cluster how the cluster is reached
   * @param logging where the provider logs; null to do as the configuration file says
   * @return a connection of its own
   * @throws IOException as {@link #open()}
   * @throws ProviderInitializationException as {@link #open()}, or if the cluster is unknown
   * @throws LoginException if the credentials are wrong or the account is locked
   */
  public static Connection forCluster(ClusterConfig cluster, LogConfig logging)
      throws IOException, ProviderInitializationException, LoginException {
    Connection own = new Connection(Locator.open(cluster, logging));
    try {
      own.loginWithSystemCredentials();
      return own;
    } catch (LoginException e) {
      own.engine.close();
      throw e;
    }
  }

  /**
   * Lends a connection to the next provider that is made, so that both providers stand for one login.
   *
   * @param connection the connection of a provider that is registered already
   */
  public static void lendToNextProvider(Connection connection) {
    LENT.set(connection);
  }

  /**
   * Returns the connection for a provider that is being made, logged in with the system's credentials if there are any:
   * the lent one if it stands for the same user or for nobody yet, else a new one.
   *
   * @param byProgram whether the program makes the provider; otherwise a lent connection stays lent
   * @return the connection
   * @throws IOException as {@link #open()}
   * @throws ProviderInitializationException as {@link #open()}
   * @throws LoginException if the credentials are wrong or the account is locked; a lent connection stays lent
   */
  public static Connection forNewProvider(boolean byProgram)
      throws IOException, ProviderInitializationException, LoginException {
    Connection lent = byProgram ? LENT.getAndSet(null) : null;
    if (lent != null && (lent.ownLogin || lent.fresh)) {
      lent.fresh = false;
      return lent;
    }
    Connection own = open();
    try {
      // Also checks a password that somebody else is logged in with already.
      own.loginWithSystemCredentials();
      if (lent == null || !lent.takesOver(own)) {
        return own;
      }
    } catch (LoginException e) {
      own.engine.close();
      LENT.compareAndSet(null, lent);
      throw e;
    }
    own.engine.close();
    return lent;
  }

  private synchronized boolean takesOver(Connection other) throws LoginException {
    if (systemUser == null && !explicit) {
      loginWithSystemCredentials();
    }
    return Objects.equals(systemUser, other.systemUser);
  }

  /**
   * Logs in with the system's credentials, if there are any, for the provider that is made next: it need not log in
   * once more to find out whether they are right. If they are wrong, the session is closed.
   *
   * @throws LoginException if the credentials are wrong or the account is locked
   */
  public void useSystemLogin() throws LoginException {
    try {
      loginWithSystemCredentials();
    } catch (LoginException e) {
      engine.close();
      throw e;
    }
    fresh = true;
  }

  /** Leaves the system's credentials alone: the host logs in itself. */
  public void useOwnLogin() {
    ownLogin = true;
  }

  /**
   * Returns the session itself.
   *
   * @return the engine
   */
  public Engine engine() {
    return engine;
  }

  /**
   * Returns what has operations approved.
   *
   * @return the same one each time
   */
  public Approvals approvals() {
    return approvals;
  }

  /**
   * Signs, with approvals if the HSM wants them; arguments and result are those of {@link Engine#sign}.
   *
   * @param key the handle
   * @param mechanism its number
   * @param parameter may be null
   * @param data what is signed
   * @return the signature
   * @throws HsmException if the engine refuses, or there are no approvals
   */
  public byte[] sign(long key, long mechanism, byte[] parameter, byte[] data) {
    try {
      return engine.sign(key, mechanism, parameter, data);
    } catch (HsmException e) {
      if (e.code() != ReturnCodes.QUORUM_REQUIRED) {
        throw e;
      }
      return approvals.sign(e, key, mechanism, parameter, data);
    }
  }

  private synchronized void loginWithSystemCredentials() throws LoginException {
    Optional<Credentials> found = Credentials.ofSystem();
    if (found.isEmpty()) {
      return;
    }
    // A program that makes its provider itself is told each time what the HSM says.
    boolean remembers = SilentLoader.isAtWork();
    try (Credentials credentials = found.get()) {
      credentials.present((user, password) -> loginWith(user, password, remembers));
      systemUser = credentials.user();
      if (engine instanceof RepeatsLogin repeating) {
        repeating.readLoginFrom(Connection::presentSystemCredentials);
      }
    } catch (HsmException e) {
      throw Errors.login(e);
    }
  }

  private void loginWith(String user, byte[] password, boolean remembers) {
    if (remembers) {
      RefusedCredentials.check(user, password);
    }
    try {
      engine.login(user, password);
    } catch (HsmException e) {
      RefusedCredentials.remember(user, password, e);
      throw e;
    }
  }

  private static void presentSystemCredentials(BiConsumer<String, byte[]> receiver) {
    Optional<Credentials> found = Credentials.ofSystem();
    if (found.isPresent()) {
      try (Credentials credentials = found.get()) {
        credentials.present(receiver);
      }
    }
  }

  /**
   * Refuses an explicit login or logout while system credentials are in use.
   *
   * @throws IllegalStateException if they are
   */
  public synchronized void requireExplicitLogin() {
    if (systemUser != null) {
      throw new IllegalStateException("Explict login unavailable using system credentials.");
    }
  }

  /**
   * Logs a crypto user in.
   *
   * @param credentials name and password
   * @throws LoginException if the engine refuses
   */
  public synchronized void login(Credentials credentials) throws LoginException {
    try {
      credentials.present(engine::login);
      explicit = true;
    } catch (HsmException e) {
      throw Errors.login(e);
    }
  }

  /**
   * Ends the login.
   *
   * @throws LoginException if the engine refuses
   */
  public synchronized void logout() throws LoginException {
    try {
      engine.logout();
    } catch (HsmException e) {
      throw Errors.login(e);
    }
    systemUser = null;
    explicit = false;
  }
}
