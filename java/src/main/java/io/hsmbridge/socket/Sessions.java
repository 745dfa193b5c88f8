package io.hsmbridge.socket;

import io.hsmbridge.engine.Connecting;
import io.hsmbridge.engine.HsmException;
import io.hsmbridge.engine.Log;
import io.hsmbridge.engine.ReturnCodes;
import java.io.IOException;
import java.net.ProtocolException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Opens links of one session, and opens the next session, logged in as the last one was, when that has ended. */
final class Sessions {

  private static final long VERSION = 1;
  private static final int MOST_CLIENT_NAME = 64;
  private static final int MOST_PATIENCE = 100;

  private final Endpoint endpoint;
  private final ClientOptions options;

  /** Held while a session is renewed, and while who is logged in changes. */
  private final ReentrantLock lock = new ReentrantLock();

  private volatile Session current;
  private volatile StoredLogin login;
  private volatile Consumer<BiConsumer<String, byte[]>> source;

  /** Why there is no login any more; guarded by the lock. */
  private RefusedLogin refused;

  private volatile boolean closed;

  Sessions(Endpoint endpoint, ClientOptions options) {
    this.endpoint = endpoint;
    this.options = options;
  }

  /** Takes the lock, to be given back with {@link #unlock}. */
  void lock() {
    lock.lock();
  }

  /** Returns the session that links join; null if there is none. */
  Session current() {
    return current;
  }

  boolean isLoggedIn() {
    return login != null;
  }

  /** Remembers a login for the sessions to come, or forgets it if null; the caller holds the lock. */
  void remember(StoredLogin next) {
    StoredLogin last = login;
    RefusedLogin lastRefused = refused;
    refused = null;
    if (lastRefused != null) {
      lastRefused.wipe();
    }
    if (closed && next != null) {
      next.wipe();
    } else {
      login = next;
    }
    if (last != null && last != next) {
      last.wipe();
    }
  }

  /** Sets where a login is read again that was refused; null for nowhere. */
  void readLoginFrom(Consumer<BiConsumer<String, byte[]>> next) {
    source = next;
  }

  /** Lets nobody join the session any more: it has ended, or must. */
  void abandon(Session session) {
    lock.lock();
    try {
      session.end();
      if (current == session) {
        current = null;
      }
    } finally {
      unlock();
    }
  }

  /** Forgets the login, and the session that it may still hold for. */
  void forgetAndAbandon() {
    lock.lock();
    try {
      remember(null);
      if (current != null) {
        abandon(current);
      }
    } finally {
      unlock();
    }
  }

  /** Ends it all: no session is opened any more. Whoever holds the lock forgets the login when he gives it back. */
  void close() {
    closed = true;
    try {
      if (lock.tryLock(MOST_PATIENCE, TimeUnit.MILLISECONDS)) {
        unlock();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Gives the lock back. */
  void unlock() {
    try {
      if (closed) {
        remember(null);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Opens a link that has joined the session; if that has ended, opens another one and logs in.
   *
   * @throws HsmException if the daemon refuses the connection or the login
   * @throws IOException if no connection can be made, or it breaks
   */
  Link open(long deadline) throws IOException {
    if (Connecting.isMarked()) {
      throw new HsmException(
          ReturnCodes.DEVICE_REMOVED,
          "This thread is making a connection with " + endpoint + ", and cannot use it yet.");
    }
    try {
      return Connecting.marked(() -> endpoint.first(place -> openAt(place, deadline)));
    } catch (RefusedHello e) {
      throw e.refusal;
    } catch (IOException e) {
      if (e.getCause() instanceof RefusedHello last) {
        throw new HsmException(last.refusal.code(), e.getMessage());
      }
      throw e;
    }
  }

  private Link openAt(Endpoint place, long deadline) throws IOException {
    Link link = connect(place, deadline);
    boolean joined = false;
    try {
      enter(link, within(deadline));
      joined = true;
      return link;
    } finally {
      if (!joined) {
        link.close();
      }
    }
  }

  /** Opens a link of this very session; null if it has ended. */
  Link join(Session session, long deadline) throws IOException {
    return Connecting.marked(() -> endpoint.first(place -> joinAt(place, session, deadline)));
  }

  private Link joinAt(Endpoint place, Session session, long deadline) throws IOException {
    Link link = connect(place, deadline);
    boolean joined = false;
    try {
      joined = rejoin(link, session, within(deadline));
      return joined ? link : null;
    } finally {
      if (!joined) {
        link.close();
      }
    }
  }

  private Link connect(Endpoint place, long deadline) throws IOException {
    long left = Math.max(deadline - System.nanoTime(), 1_000_000);
    Duration timeout = options.connectTimeout();
    return new Link(place.connect(timeout.toNanos() < left ? timeout : Duration.ofNanos(left)));
  }

  private long within(long deadline) {
    long soon = System.nanoTime() + options.connectTimeout().toNanos();
    return soon - deadline < 0 ? soon : deadline;
  }

  private void enter(Link link, long deadline) throws IOException {
    Session known = current;
    if (known != null && rejoin(link, known, deadline)) {
      return;
    }
    lock.lock();
    try {
      Session renewed = current;
      // Somebody else may have opened the next session meanwhile.
      if (renewed != null && renewed != known && rejoin(link, renewed, deadline)) {
        return;
      }
      renew(link, deadline);
    } finally {
      unlock();
    }
  }

  private boolean rejoin(Link link, Session session, long deadline) throws IOException {
    try {
      hello(link, session, deadline);
      link.joined(session);
      return true;
    } catch (HsmException e) {
      if (e.code() == ReturnCodes.SESSION_HANDLE_INVALID) {
        session.end();
        return false;
      }
      throw e;
    }
  }

  private void renew(Link link, long deadline) throws IOException {
    if (closed) {
      throw Pool.closedSession();
    }
    Session last = current;
    if (last != null) {
      last.end();
      current = null;
    }
    StoredLogin again = refused == null ? login : readAgain();
    try {
      Session next = new Session(firstHello(link, deadline));
      link.joined(next);
      if (again != null) {
        loginAgain(link, again, deadline);
      }
      current = next;
    } finally {
      if (again != null && again != login && (refused == null || !refused.holds(again))) {
        again.wipe();
      }
    }
  }

  private byte[] firstHello(Link link, long deadline) throws IOException {
    try {
      return hello(link, null, deadline);
    } catch (HsmException e) {
      throw new RefusedHello(e);
    }
  }

  /** Returns the login to try after one was refused. */
  private StoredLogin readAgain() {
    StoredLogin[] read = new StoredLogin[1];
    source.accept((user, password) -> read[0] = new StoredLogin(user, password));
    if (read[0] != null && refused.allows(read[0])) {
      return read[0];
    }
    if (read[0] != null) {
      read[0].wipe();
    }
    throw refused.again();
  }

  private void loginAgain(Link link, StoredLogin again, long deadline) throws IOException {
    Logger logger = Log.LOGGER;
    try {
      link.exchange(Method.LOGIN, again::write, MessageReader::nil, false, deadline);
      if (again != login) {
        remember(again);
      }
      logger.log(
          Level.INFO, "Opened another session with {0} and logged in again; the session keys of the last one are gone.",
          endpoint);
    } catch (HsmException e) {
      logger.log(Level.WARNING, "Could not log in again at {0}: {1}", new Object[] {endpoint, e.getMessage()});
      if (RefusedLogin.is(e)) {
        refuse(again, e);
      }
      throw e;
    }
  }

  /** Keeps what is refused from being tried on and on: each time is one more wrong password. */
  private void refuse(StoredLogin again, HsmException e) {
    if (source == null) {
      remember(null);
      return;
    }
    RefusedLogin last = refused;
    refused = new RefusedLogin(again, e, last);
    login = null;
    if (last != null) {
      last.wipe();
    }
  }

  /** Says hello, and returns the session's token. */
  private byte[] hello(Link link, Session session, long deadline) throws IOException {
    Map<String, Object> answer =
        link.exchange(
            Method.HELLO, request -> writeHello(request, session), MessageReader::template, false, deadline);
    if (!Long.valueOf(VERSION).equals(answer.get("protocol"))) {
      throw new ProtocolException("the daemon speaks version " + answer.get("protocol") + " of the protocol");
    }
    if (!(answer.get("session") instanceof byte[] token) || token.length != Session.TOKEN_BYTES) {
      throw new ProtocolException("the daemon named no session");
    }
    return token;
  }

  private void writeHello(MessageWriter request, Session session) {
    request.array(1).number(VERSION);
    if (session != null) {
      request.template(Map.of("client", clientName(), "session", session.token()));
      return;
    }
    Map<String, Object> wanted = new HashMap<>(options.rules());
    wanted.put("client", clientName());
    if (options.cluster() != null) {
      wanted.put("cluster", options.cluster());
    }
    request.template(wanted);
  }

  private static String clientName() {
    String version = Sessions.class.getPackage().getImplementationVersion();
    String name = "hsmbridge-jce " + (version == null ? "?" : version);
    return name.length() > MOST_CLIENT_NAME ? name.substring(0, MOST_CLIENT_NAME) : name;
  }

  /** No session was opened; another server may open one. */
  private static final class RefusedHello extends IOException {

    private static final long serialVersionUID = 1L;

    private final transient HsmException refusal;

    RefusedHello(HsmException refusal) {
      super(refusal.getMessage(), refusal);
      this.refusal = refusal;
    }
  }
}
