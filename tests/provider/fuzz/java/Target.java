import java.util.List;
import java.util.Set;

/** One parameter that takes bytes: valid ones, what to do with others, and how they may be refused. */
final class Target {

  /** Gives bytes to the provider. */
  interface Attempt {
    /** Returns a key, to be destroyed; or TRUE if the bytes were taken for genuine; or anything else. */
    Object run(byte[] input) throws Exception;
  }

  final String name;
  final List<byte[]> valid;
  final Set<Class<? extends Exception>> refusals;
  final Attempt attempt;

  /** What is not valid must not be taken for genuine. */
  final boolean authenticated;

  /** Whether bytes that are right set off a search for primes, whose time is a matter of luck. */
  final boolean generating;

  private Target(
      String name, List<byte[]> valid, Set<Class<? extends Exception>> refusals, Attempt attempt,
      boolean authenticated, boolean generating) {
    this.name = name;
    this.valid = valid;
    this.refusals = refusals;
    this.attempt = attempt;
    this.authenticated = authenticated;
    this.generating = generating;
  }

  static Target of(
      String name, List<byte[]> valid, Set<Class<? extends Exception>> refusals, Attempt attempt) {
    return new Target(name, valid, refusals, attempt, false, false);
  }

  static Target authenticated(
      String name, List<byte[]> valid, Set<Class<? extends Exception>> refusals, Attempt attempt) {
    return new Target(name, valid, refusals, attempt, true, false);
  }

  static Target generating(
      String name, List<byte[]> valid, Set<Class<? extends Exception>> refusals, Attempt attempt) {
    return new Target(name, valid, refusals, attempt, false, true);
  }
}
