package io.hsmbridge.socket;

import io.hsmbridge.engine.HsmException;
import io.hsmbridge.engine.Log;
import io.hsmbridge.engine.ReturnCodes;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.logging.Level;

/** Carries operations out over a pool of links; repeats those that a broken link stopped and that change nothing. */
final class Client {

  private static final long CLOSING = Duration.ofSeconds(1).toNanos();

  /** So often can an operation that changes nothing get no answer at all before its time is over. */
  private static final int TRIES = 4;

  private final Endpoint endpoint;
  private final ClientOptions options;
  private final long timeout;
  private final Sessions sessions;
  private final Pool pool;
  private final Keeper keeper;
  private final AtomicInteger operations = new AtomicInteger();
  private final AtomicBoolean closed = new AtomicBoolean();

  Client(Endpoint endpoint, ClientOptions options) {
    this.endpoint = endpoint;
    this.options = options;
    this.timeout = options.requestTimeout().toNanos();
    this.sessions = new Sessions(endpoint, options);
    this.pool = new Pool(this::openLink, options.maxConnections());
    this.keeper = new Keeper(sessions, options.connectTimeout().toNanos());
  }

  private Link openLink(long deadline) throws IOException {
    Link link = sessions.open(deadline);
    if (sessions.isLoggedIn() || pool.isShared()) {
      keeper.look();
    }
    return link;
  }

  /**
   * Opens the session.
   *
   * @throws HsmException with {@code DEVICE_REMOVED} if nobody answers, or with what the daemon refuses
   */
  void open() {
    Interrupts interrupts = new Interrupts();
    interrupts.defer();
    try {
      // Each step has the connect timeout for itself; an endpoint that first starts the daemon may take longer.
      pool.give(pool.take(false, System.nanoTime() + Math.max(timeout, 2 * options.connectTimeout().toNanos())));
    } catch (IOException e) {
      close();
      throw new HsmException(
          ReturnCodes.DEVICE_REMOVED, "No daemon answers at " + endpoint + ": " + reason(e) + ".");
    } catch (HsmException e) {
      close();
      throw e;
    } finally {
      interrupts.restore();
    }
  }

  void readLoginFrom(Consumer<BiConsumer<String, byte[]>> source) {
    sessions.readLoginFrom(source);
  }

  void login(String user, byte[] password) {
    StoredLogin next = new StoredLogin(user, password);
    boolean[] remembered = new boolean[1];
    try {
      call(
          Method.LOGIN,
          next::write,
          answer -> {
            answer.nil();
            remembered[0] = true;
            sessions.remember(next);
            return null;
          });
      keeper.look();
    } finally {
      if (!remembered[0]) {
        next.wipe();
      }
    }
  }

  /** Ends the login. If the connection breaks meanwhile, the session ends, and the login with it. */
  void logout() {
    boolean was = sessions.isLoggedIn();
    try {
      call(Method.LOGOUT, Client::nothing, this::forget);
    } catch (HsmException e) {
      if (e.code() != ReturnCodes.DEVICE_REMOVED || !was) {
        throw e;
      }
      sessions.forgetAndAbandon();
      keeper.drop();
      pool.prune();
    }
  }

  private Void forget(MessageReader answer) throws IOException {
    answer.nil();
    sessions.remember(null);
    return null;
  }

  /** Ends the session, at the latest after a second; closing twice does nothing. */
  void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    Interrupts interrupts = new Interrupts();
    interrupts.defer();
    try {
      sessions.close();
      Link idle = pool.closing();
      Link link = idle == null ? keeper.take() : idle;
      if (link != null) {
        farewell(link);
      }
      keeper.close();
      pool.close();
    } finally {
      interrupts.restore();
    }
  }

  private static void farewell(Link link) {
    try {
      link.exchange(Method.CLOSE, Client::nothing, MessageReader::nil, false, System.nanoTime() + CLOSING);
    } catch (IOException | HsmException e) {
      // The session ends with its last link then.
      Log.LOGGER.log(Level.FINE, "The session was not closed in order", e);
    } finally {
      link.close();
    }
  }

  /** Writes no arguments. */
  static void nothing(MessageWriter request) {}

  /**
   * Carries out one operation.
   *
   * @return its result
   * @throws HsmException if the daemon refuses, or cannot be reached, or there are too many operations
   */
  <T> T call(Method method, Link.Arguments arguments, Link.Result<T> result) {
    if (operations.incrementAndGet() > options.maxOperations()) {
      operations.decrementAndGet();
      throw new HsmException(
          ReturnCodes.SESSION_COUNT,
          "Reached max number of sessions in session pool: " + options.maxOperations() + ". Use fewer threads.");
    }
    Interrupts interrupts = new Interrupts();
    interrupts.defer();
    try {
      return repeated(method, arguments, result, interrupts);
    } finally {
      operations.decrementAndGet();
      interrupts.restore();
    }
  }

  private <T> T repeated(Method method, Link.Arguments arguments, Link.Result<T> result, Interrupts interrupts) {
    long deadline = System.nanoTime() + timeout;
    Backoff backoff = null;
    while (true) {
      Link link = null;
      HsmException failure;
      try {
        link = pool.take(!method.repeatable, deadline);
        interrupts.defer();
        T value = patiently(link, method, arguments, result, deadline);
        pool.give(link);
        return value;
      } catch (HsmException e) {
        boolean passes = passes(e, link);
        if (link != null) {
          pool.give(link);
        }
        if (!passes) {
          throw e;
        }
        failure = e;
      } catch (IOException e) {
        interrupts.defer();
        boolean undecided = link != null && link.wasSent() && !method.repeatable;
        broke(link, method);
        if (e instanceof SocketTimeoutException) {
          pool.dropIdle();
        }
        failure = lost(method, undecided, e);
        if (undecided) {
          throw failure;
        }
      } catch (RuntimeException | Error e) {
        // It may have come from anywhere, so that nobody knows what the link would carry next.
        broke(link, method);
        throw e;
      }
      backoff = backoff == null ? new Backoff(deadline) : backoff;
      if (!options.retry() || closed.get() || !backoff.waitsForNext(interrupts)) {
        throw failure;
      }
      Log.LOGGER.log(Level.INFO, "Trying once more: {0}", failure.getMessage());
    }
  }

  /** Carries out what can be repeated with a part of the time only, so that it can be. */
  private <T> T patiently(
      Link link, Method method, Link.Arguments arguments, Link.Result<T> result, long deadline) throws IOException {
    // A connection that a router has forgotten says nothing: there must be time for another one.
    long patience = System.nanoTime() + timeout / TRIES;
    boolean last = !method.repeatable || !options.retry() || patience - deadline >= 0;
    return exchange(link, method, arguments, result, last ? deadline : patience);
  }

  private <T> T exchange(
      Link link, Method method, Link.Arguments arguments, Link.Result<T> result, long deadline) throws IOException {
    boolean loggedIn = sessions.isLoggedIn();
    if (!method.changesLogin()) {
      return link.exchange(method, arguments, result, loggedIn, deadline);
    }
    // Nobody may open the next session meanwhile, and log in to it with what is no longer true.
    sessions.lock();
    try {
      if (link.session().hasEnded()) {
        throw new StaleSession();
      }
      return link.exchange(method, arguments, result, loggedIn, deadline);
    } finally {
      sessions.unlock();
    }
  }

  /** Tells whether a refusal means that nothing was done, and that the next try may fare better. */
  private boolean passes(HsmException e, Link link) {
    if (e.code() == ReturnCodes.SESSION_HANDLE_INVALID && link != null) {
      sessions.abandon(link.session());
      return true;
    }
    return e.code() == ReturnCodes.DEVICE_BUSY || e.code() == ReturnCodes.SESSION_COUNT;
  }

  /** Closes a broken link, and those that broke with it. */
  private void broke(Link link, Method method) {
    if (link == null) {
      return;
    }
    if (method.changesLogin() && link.wasSent()) {
      // Nobody knows who is logged in there.
      sessions.abandon(link.session());
      keeper.drop();
    }
    pool.drop(link);
    pool.prune();
    keeper.look();
  }

  private HsmException lost(Method method, boolean undecided, IOException e) {
    if (closed.get()) {
      return Pool.closedSession();
    }
    String outcome = undecided
        ? " It may have been carried out: look whether it was, before you do it again."
        : " It was not carried out, or changed nothing: do it again.";
    return new HsmException(
        ReturnCodes.DEVICE_REMOVED,
        method + " got no answer from " + endpoint + ": " + reason(e) + "." + outcome
            + " The next operation connects by itself; `hsmbridge status` tells whether the daemon runs.");
  }

  private static String reason(IOException e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }

  /** The link's session ended before the request was sent. */
  private static final class StaleSession extends IOException {

    private static final long serialVersionUID = 1L;

    StaleSession() {
      super("the session has ended");
    }
  }
}
