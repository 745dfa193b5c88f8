import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Eight threads share two key pairs, sign and verify different data with them, and make pairs of their own. */
public class Threads {
  private static final int THREADS = 8;
  private static final int ROUNDS = 25;
  private static final Map<String, String> ALGORITHMS = Map.of("RSA", "SHA256withRSA", "EC", "SHA384withECDSA");

  public static void main(String[] args) throws Exception {
    Map<String, KeyPair> shared = new ConcurrentHashMap<>();
    for (String kind : ALGORITHMS.keySet()) {
      shared.put(kind, KeyPairGenerator.getInstance(kind, "CloudHSM").generateKeyPair());
    }
    ExecutorService pool = Executors.newFixedThreadPool(THREADS);
    List<Callable<Integer>> tasks = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      int number = i;
      tasks.add(() -> work(number, shared));
    }
    int right = 0;
    for (Future<Integer> result : pool.invokeAll(tasks)) {
      right += result.get();
    }
    pool.shutdown();
    System.out.println(right + " of " + THREADS * (ROUNDS * ALGORITHMS.size() + 1));
  }

  private static int work(int number, Map<String, KeyPair> shared) throws Exception {
    int right = 0;
    for (int round = 0; round < ROUNDS; round++) {
      byte[] data = ("thread " + number + ", round " + round).getBytes(StandardCharsets.UTF_8);
      for (Map.Entry<String, String> algorithm : ALGORITHMS.entrySet()) {
        right += isRight(algorithm.getValue(), shared.get(algorithm.getKey()), data) ? 1 : 0;
      }
    }
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", "CloudHSM");
    generator.initialize(256);
    return right + (isRight("SHA256withECDSA", generator.generateKeyPair(), new byte[number]) ? 1 : 0);
  }

  private static boolean isRight(String algorithm, KeyPair pair, byte[] data) throws Exception {
    PrivateKey key = pair.getPrivate();
    Signature signature = Signature.getInstance(algorithm, "CloudHSM");
    signature.initSign(key);
    signature.update(ByteBuffer.allocateDirect(data.length).put(data).flip());
    byte[] signed = signature.sign();
    Signature other = Signature.getInstance(algorithm, algorithm.endsWith("RSA") ? "SunRsaSign" : "SunEC");
    other.initVerify(pair.getPublic());
    other.update(data);
    return other.verify(signed);
  }
}
