import java.security.Key;
import java.security.Provider;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** What an action works with: the provider, the shared keys, and the thread's own seeded randomness. */
final class Task {

  final Provider provider;
  final Stock stock;
  final Doomed doomed;
  final Random random;

  Task(Provider provider, Stock stock, Doomed doomed, Random random) {
    this.provider = provider;
    this.stock = stock;
    this.doomed = doomed;
    this.random = random;
  }

  byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }

  /** Data of any length around the block boundaries, now and then longer. */
  byte[] data(int most) {
    return bytes(random.nextInt(1 + (random.nextInt(16) == 0 ? most : Math.min(most, 70))));
  }

  <T> T pick(List<T> choices) {
    return choices.get(random.nextInt(choices.size()));
  }

  boolean oneIn(int count) {
    return random.nextInt(count) == 0;
  }

  /** Usually the key in the HSM, sometimes its twin in software, which is imported for as long as it is used. */
  <K extends Key> K either(K own, K software) {
    return oneIn(4) ? software : own;
  }

  /** As {@link #either}, for keys whose import takes long. */
  <K extends Key> K seldomOther(K own, K software) {
    return oneIn(16) ? software : own;
  }

  static void same(String what, byte[] expected, byte[] actual) throws WrongResult {
    if (!Arrays.equals(expected, actual)) {
      throw new WrongResult(
          what + ": expected " + hex(expected) + " of " + expected.length + " bytes, not "
              + (actual == null ? "null" : hex(actual) + " of " + actual.length + " bytes"));
    }
  }

  static void require(boolean condition, String otherwise) throws WrongResult {
    if (!condition) {
      throw new WrongResult(otherwise);
    }
  }

  private static String hex(byte[] bytes) {
    StringBuilder hex = new StringBuilder();
    for (byte b : Arrays.copyOf(bytes, Math.min(bytes.length, 16))) {
      hex.append(String.format("%02x", b));
    }
    return hex + (bytes.length > 16 ? "..." : "");
  }
}
