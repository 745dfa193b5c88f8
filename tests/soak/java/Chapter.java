import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

/** What happened to the operations that began in a part of the run. */
final class Chapter {

  private final AtomicLong actions = new AtomicLong();
  private final Latencies latencies = new Latencies();
  private final Map<String, AtomicLong> refused = new ConcurrentHashMap<>();

  void done(long nanos) {
    actions.incrementAndGet();
    latencies.add(nanos);
  }

  void refused(String what) {
    refused.computeIfAbsent(what, unused -> new AtomicLong()).incrementAndGet();
  }

  String asJson() {
    String refusals =
        new TreeMap<>(refused)
            .entrySet().stream()
                .map(entry -> Load.quoted(entry.getKey()) + ": " + entry.getValue())
                .collect(Collectors.joining(", "));
    return "{\"actions\": " + actions
        + ", \"p50\": " + latencies.quantile(0.5)
        + ", \"p99\": " + latencies.quantile(0.99)
        + ", \"most\": " + latencies.quantile(1)
        + ", \"refused\": {" + refusals + "}}";
  }
}
