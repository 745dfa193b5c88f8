package io.hsmbridge.key;

import java.lang.StackWalker.StackFrame;
import java.security.InvalidKeyException;
import java.util.Optional;

/**
 * Makes other providers refuse a private key of the HSM while JCA looks for the one that can use it.
 *
 * <p>A program that names no provider, such as JSSE or jarsigner, lets JCA try one after the other until one does not
 * refuse the key. SunEC, SunRsaSign and others take any {@code ECPrivateKey} or {@code RSAPrivateKey}, and fail only
 * when they sign, because they get no secret number; then it is too late to try us. So whoever reads a private key's
 * public numbers while JCA chooses, other than this provider, is refused.
 */
final class ChoiceGuard {

  /** Enough to reach JCA's loop from within another provider's initialisation. */
  private static final int DEPTH = 16;

  private static final StackWalker WALKER = StackWalker.getInstance();
  private static final String OURS = "io.hsmbridge.spi.";
  private static final String LOOP = "chooseProvider";

  private ChoiceGuard() {}

  /**
   * Lets everyone pass but other providers during a choice.
   *
   * <p>JCA shows the first refusal to the program if no provider takes the key, and programs expect {@code
   * InvalidKeyException}, which no getter may declare; hence it is thrown undeclared. JCA's loop is always there to catch
   * it.
   *
   * @param key the key whose public numbers are asked for
   */
  static void check(HsmKey key) {
    if (!isOthersChoice()) {
      return;
    }
    ChoiceGuard.<RuntimeException>throwUndeclared(
        new InvalidKeyException(
            key.isDestroyed()
                ? key + " is destroyed."
                : key + " stays in the HSM, so only its own provider can use it. If that one refused too, name it in"
                    + " getInstance, as in getInstance(algorithm, \"CloudHSM\"), to see why."));
  }

  /**
   * Tells whether another provider asks while JCA looks for the one that can use a key.
   *
   * @return true if so; false outside of a choice, and for this provider
   */
  static boolean isOthersChoice() {
    Optional<StackFrame> decisive =
        WALKER.walk(frames -> frames.limit(DEPTH).filter(ChoiceGuard::isDecisive).findFirst());
    return decisive.isPresent() && !decisive.get().getClassName().startsWith(OURS);
  }

  @SuppressWarnings("unchecked")
  private static <E extends Exception> void throwUndeclared(Exception exception) throws E {
    throw (E) exception;
  }

  private static boolean isDecisive(StackFrame frame) {
    String name = frame.getClassName();
    return name.startsWith(OURS)
        || frame.getMethodName().equals(LOOP) && (name.startsWith("java.security.") || name.startsWith("javax.crypto."));
  }
}
