package io.hsmbridge.socket;

import io.hsmbridge.engine.HsmException;
import io.hsmbridge.engine.ReturnCodes;
import java.util.concurrent.TimeUnit;

/**
 * A login that the client repeated by itself and that was refused. Each wrong password brings the account closer to
 * being locked for everybody, so that the same one is sent once more at most; a locked account counts no tries.
 */
final class RefusedLogin {

  private static final long PAUSE = TimeUnit.SECONDS.toNanos(30);
  private static final long PAUSE_WHILE_LOCKED = TimeUnit.SECONDS.toNanos(2);
  private static final int MOST_WRONG = 2;

  private final StoredLogin login;
  private final HsmException refusal;
  private final int wrong;
  private final long since = System.nanoTime();

  /** Keeps a refusal; {@code last} is the one before, or null. */
  RefusedLogin(StoredLogin login, HsmException refusal, RefusedLogin last) {
    this.login = login;
    this.refusal = refusal;
    int before = last != null && last.login.isSame(login) ? last.wrong : 0;
    this.wrong = isLocked() ? before : before + 1;
  }

  static boolean is(HsmException e) {
    return e.code() == ReturnCodes.PIN_INCORRECT || e.code() == ReturnCodes.PIN_LOCKED;
  }

  private boolean isLocked() {
    return refusal.code() == ReturnCodes.PIN_LOCKED;
  }

  boolean holds(StoredLogin other) {
    return login == other;
  }

  /** Tells whether a login may be tried now. */
  boolean allows(StoredLogin next) {
    if (!login.isSame(next)) {
      return true;
    }
    long passed = System.nanoTime() - since;
    return isLocked() ? passed >= PAUSE_WHILE_LOCKED : wrong < MOST_WRONG && passed >= PAUSE;
  }

  /** Returns what an operation gets while nothing is tried. */
  HsmException again() {
    return new HsmException(
        refusal.code(),
        refusal.getMessage() + " The connection was made again, and HSM_USER and HSM_PASSWORD no longer log in. "
            + (isLocked()
                ? "They are tried again; unlock the account."
                : "Set the system properties of these names to what holds now, or restart the program with it."));
  }

  void wipe() {
    login.wipe();
  }
}
