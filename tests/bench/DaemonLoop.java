import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.Provider;
import java.security.Security;
import java.security.Signature;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.RSAKeyGenParameterSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Signs 32-byte messages in a plain JVM, through the daemon or through SunPKCS11 over SoftHSM2. Arguments: SunPKCS11's
 * configuration, the token's PIN. Each line of standard input is a batch: provider, algorithm, threads, milliseconds;
 * the answer is how many signatures were made and the nanoseconds that it took.
 */
public final class DaemonLoop {

  private static final byte[] MESSAGE = new byte[32];

  private final Map<String, Provider> providers = new HashMap<>();
  private final Map<String, KeyPair> keys = new HashMap<>();

  private DaemonLoop() {}

  /** Answers batches until standard input ends. */
  public static void main(String[] args) throws Exception {
    DaemonLoop loop = new DaemonLoop();
    loop.providers.put("hsmbridge", new CloudHsmProvider());
    Provider softhsm = Security.getProvider("SunPKCS11").configure(args[0]);
    // Loading the token as a keystore is the way to log in without a callback.
    KeyStore.getInstance("PKCS11", softhsm).load(null, args[1].toCharArray());
    loop.providers.put("softhsm2", softhsm);
    BufferedReader batches = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = batches.readLine(); line != null; line = batches.readLine()) {
      String[] words = line.split(" ");
      System.out.println(loop.run(words[0], words[1], Integer.parseInt(words[2]), Long.parseLong(words[3])));
      System.out.flush();
    }
    System.exit(0);
  }

  private String run(String provider, String algorithm, int threads, long milliseconds) throws Exception {
    List<Signature> signatures = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      signatures.add(ready(provider, algorithm));
    }
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      long start = System.nanoTime();
      long end = start + milliseconds * 1_000_000;
      List<Callable<Long>> tasks = new ArrayList<>();
      for (Signature signature : signatures) {
        tasks.add(() -> sign(signature, end));
      }
      long done = 0;
      for (Future<Long> result : pool.invokeAll(tasks)) {
        done += result.get();
      }
      return done + " " + (System.nanoTime() - start);
    } finally {
      pool.shutdown();
    }
  }

  private static long sign(Signature signature, long end) throws GeneralSecurityException {
    long done = 0;
    while (System.nanoTime() - end < 0) {
      signature.update(MESSAGE);
      signature.sign();
      done++;
    }
    return done;
  }

  private Signature ready(String name, String algorithm) throws GeneralSecurityException {
    Provider provider = providers.get(name);
    String id = name + " " + algorithm;
    if (!keys.containsKey(id)) {
      keys.put(id, generate(provider, algorithm));
    }
    KeyPair pair = keys.get(id);
    Signature signature = Signature.getInstance(algorithm, provider);
    signature.initSign(pair.getPrivate());
    signature.update(MESSAGE);
    byte[] signed = signature.sign();
    Signature verifier = Signature.getInstance(algorithm, algorithm.endsWith("RSA") ? "SunRsaSign" : "SunEC");
    verifier.initVerify(pair.getPublic());
    verifier.update(MESSAGE);
    if (!verifier.verify(signed)) {
      throw new GeneralSecurityException(id + ": a signature is wrong");
    }
    return signature;
  }

  private static KeyPair generate(Provider provider, String algorithm) throws GeneralSecurityException {
    boolean rsa = algorithm.endsWith("RSA");
    AlgorithmParameterSpec parameters =
        rsa ? new RSAKeyGenParameterSpec(2048, RSAKeyGenParameterSpec.F4) : new ECGenParameterSpec("secp256r1");
    KeyPairGenerator generator = KeyPairGenerator.getInstance(rsa ? "RSA" : "EC", provider);
    generator.initialize(parameters);
    return generator.generateKeyPair();
  }
}
