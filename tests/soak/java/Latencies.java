import java.util.concurrent.atomic.AtomicLongArray;

/** Counts how long operations took, in buckets that are at most an eighth wide; for many threads. */
final class Latencies {

  private static final int STEPS = 8;

  private final AtomicLongArray counts = new AtomicLongArray(Long.SIZE * STEPS);

  void add(long nanos) {
    counts.incrementAndGet(bucket(Math.max(nanos, STEPS)));
  }

  private static int bucket(long nanos) {
    int exponent = Long.SIZE - 1 - Long.numberOfLeadingZeros(nanos);
    return exponent * STEPS + (int) (nanos >>> exponent - 3) % STEPS;
  }

  /** Returns the upper end, in microseconds, of the bucket up to which that share of all operations lies. */
  double quantile(double share) {
    long all = 0;
    for (int i = 0; i < counts.length(); i++) {
      all += counts.get(i);
    }
    long seen = 0;
    for (int i = 0; i < counts.length(); i++) {
      seen += counts.get(i);
      if (seen >= share * all && seen > 0) {
        return Math.scalb(1.0 + (i % STEPS + 1.0) / STEPS, i / STEPS) / 1000;
      }
    }
    return 0;
  }
}
