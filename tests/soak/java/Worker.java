import io.hsmbridge.engine.HsmException;
import io.hsmbridge.engine.ReturnCodes;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyStore;
import java.security.ProviderException;
import java.security.SecureRandom;
import java.security.Signature;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.security.auth.DestroyFailedException;

/** One thread of the load: one operation after the other, each with a check of its result. */
final class Worker implements Runnable {

  private static final int MOST_KEPT = 5;

  /** What may happen to any request while daemons come and go. */
  private static final Set<Long> LOST = Set.of(ReturnCodes.DEVICE_REMOVED, ReturnCodes.DEVICE_BUSY);

  /** What may happen to a session key besides: it is gone. */
  private static final Set<Long> GONE = Set.of(ReturnCodes.OBJECT_HANDLE_INVALID, ReturnCodes.KEY_HANDLE_INVALID);

  private static final List<Class<? extends Exception>> DOCUMENTED =
      List.of(
          GeneralSecurityException.class, ProviderException.class, IllegalStateException.class,
          DestroyFailedException.class, IOException.class);

  private final Stock stock;
  private final Load load;
  private final String name;
  private final Random random;
  private final Map<String, Action> actions = new LinkedHashMap<>();
  private final List<String> names;
  private final Deque<SecretKey> kept = new ArrayDeque<>();
  private final Deque<String> labels = new ArrayDeque<>();
  private SecretKey held;
  /** The chapter of the operation under way, or of the last one. */
  volatile Chapter last;
  private int made;

  /** When the operation under way began, 0 if none is. */
  volatile long since;

  /** A result was not what it must be. */
  private static final class WrongResult extends Exception {
    private static final long serialVersionUID = 1;

    WrongResult(String message) {
      super(message);
    }
  }

  private interface Action {
    void run() throws Exception;
  }

  Worker(Stock stock, Load load, int number, long seed) {
    this.stock = stock;
    this.load = load;
    name = "t" + number;
    random = new Random(seed * 1_000 + number);
    actions.put("sign ECDSA", () -> sign("SHA256withECDSA", "SunEC", stock.ec));
    actions.put("sign ECDSA once more", () -> sign("SHA256withECDSA", "SunEC", stock.ec));
    actions.put("sign RSA", () -> sign("SHA256withRSA", "SunRsaSign", stock.rsa));
    actions.put("verify", this::verify);
    actions.put("encrypt CBC", this::cbc);
    actions.put("encrypt GCM", this::gcm);
    actions.put("authenticate", this::mac);
    actions.put("wrap", this::wrap);
    actions.put("use a session key", this::useHeld);
    actions.put("make a session key", this::makeAndDestroy);
    actions.put("keep a key", this::keep);
    actions.put("find a key", this::find);
    actions.put("random", this::random);
    names = List.copyOf(actions.keySet());
  }

  @Override
  public void run() {
    while (!load.isOver()) {
      Chapter chapter = load.chapter();
      if (chapter != last) {
        // Whether a session key is lost in a chapter shall not be found out in the next.
        last = chapter;
        held = null;
      }
      String chosen = names.get(random.nextInt(names.size()));
      long start = System.nanoTime();
      since = start;
      try {
        actions.get(chosen).run();
        chapter.done(System.nanoTime() - start);
      } catch (Exception e) {
        refused(chapter, chosen, e);
      }
      since = 0;
      load.pause();
    }
  }

  private void refused(Chapter chapter, String action, Exception e) {
    Long code = codeOf(e);
    boolean documented =
        DOCUMENTED.stream().anyMatch(type -> type.isInstance(e))
            || e.getClass().getPackageName().equals("com.amazonaws.cloudhsm.jce.jni.exception");
    boolean ofSession = action.contains("session key") || action.equals("wrap");
    if (code != null && documented && (LOST.contains(code) || ofSession && GONE.contains(code))) {
      chapter.refused(action + ": " + e.getClass().getName() + " 0x" + Long.toHexString(code));
    } else {
      load.problem(action + " in " + name, e);
    }
    if (ofSession) {
      held = null;
    }
  }

  private static Long codeOf(Throwable e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof HsmException) {
        return ((HsmException) cause).code();
      }
    }
    return null;
  }

  private static void require(boolean condition, String message) throws WrongResult {
    if (!condition) {
      throw new WrongResult(message);
    }
  }

  private byte[] data(int most) {
    byte[] data = new byte[random.nextInt(most + 1)];
    random.nextBytes(data);
    return data;
  }

  private byte[] signed(String algorithm, KeyPair pair, byte[] data) throws GeneralSecurityException {
    Signature signature = Signature.getInstance(algorithm, stock.provider);
    signature.initSign(pair.getPrivate());
    signature.update(data);
    return signature.sign();
  }

  private void sign(String algorithm, String software, KeyPair pair) throws Exception {
    byte[] data = data(200);
    byte[] signed = signed(algorithm, pair, data);
    Signature verifier = Signature.getInstance(algorithm, software);
    verifier.initVerify(pair.getPublic());
    verifier.update(data);
    require(verifier.verify(signed), software + " refuses a signature");
  }

  private void verify() throws Exception {
    byte[] data = data(2_000);
    byte[] signed = signed("SHA256withECDSA", stock.ec, data);
    Signature verifier = Signature.getInstance("SHA256withECDSA", stock.provider);
    verifier.initVerify(stock.ec.getPublic());
    verifier.update(data);
    require(verifier.verify(signed), "a right signature is refused");
    verifier.update(data);
    verifier.update((byte) 1);
    require(!verifier.verify(signed), "a wrong signature is accepted");
  }

  private void cbc() throws Exception {
    byte[] data = data(20_000);
    IvParameterSpec iv = new IvParameterSpec(new byte[16]);
    Cipher own = Cipher.getInstance("AES/CBC/PKCS5Padding", stock.provider);
    own.init(Cipher.ENCRYPT_MODE, stock.aes, iv);
    byte[] encrypted = own.doFinal(data);
    Cipher software = Cipher.getInstance("AES/CBC/PKCS5Padding", "SunJCE");
    software.init(Cipher.ENCRYPT_MODE, stock.aesTwin, iv);
    require(Arrays.equals(software.doFinal(data), encrypted), "CBC encrypts wrongly");
    own.init(Cipher.DECRYPT_MODE, stock.aes, iv);
    require(Arrays.equals(own.doFinal(encrypted), data), "CBC decrypts wrongly");
  }

  private void gcm() throws Exception {
    byte[] data = data(5_000);
    Cipher own = Cipher.getInstance("AES/GCM/NoPadding", stock.provider);
    own.init(Cipher.ENCRYPT_MODE, stock.aes);
    byte[] encrypted = own.doFinal(data);
    Cipher software = Cipher.getInstance("AES/GCM/NoPadding", "SunJCE");
    software.init(Cipher.DECRYPT_MODE, stock.aesTwin, new GCMParameterSpec(128, own.getIV()));
    require(Arrays.equals(software.doFinal(encrypted), data), "GCM encrypts wrongly");
  }

  private void mac() throws Exception {
    byte[] data = data(1_000);
    Mac own = Mac.getInstance("HmacSHA256", stock.provider);
    own.init(stock.hmac);
    Mac software = Mac.getInstance("HmacSHA256", "SunJCE");
    software.init(stock.hmacTwin);
    require(Arrays.equals(software.doFinal(data), own.doFinal(data)), "HMAC is wrong");
  }

  private void wrap() throws Exception {
    SecretKey key = stock.generate("session " + name, false);
    Cipher cipher = Cipher.getInstance("AESWrap/ECB/NoPadding", stock.provider);
    cipher.init(Cipher.WRAP_MODE, stock.aes);
    byte[] wrapped = cipher.wrap(key);
    cipher.init(Cipher.UNWRAP_MODE, stock.aes);
    SecretKey again = (SecretKey) cipher.unwrap(wrapped, "AES", Cipher.SECRET_KEY);
    require(Arrays.equals(encryptedWith(key), encryptedWith(again)), "another key comes back");
    again.destroy();
    key.destroy();
  }

  private byte[] encryptedWith(SecretKey key) throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/CBC/NoPadding", stock.provider);
    cipher.init(Cipher.ENCRYPT_MODE, key, new IvParameterSpec(new byte[16]));
    return cipher.doFinal(new byte[32]);
  }

  private void useHeld() throws Exception {
    if (held == null) {
      held = stock.generate("held " + name, false);
    }
    byte[] first = encryptedWith(held);
    require(Arrays.equals(first, encryptedWith(held)), "a session key has changed");
  }

  private void makeAndDestroy() throws Exception {
    SecretKey key = stock.generate("session " + name, false);
    require(encryptedWith(key).length == 32, "a new key does not encrypt");
    key.destroy();
  }

  private void keep() throws Exception {
    String label = "kept " + name + " " + made++;
    load.say("try " + label);
    SecretKey key = stock.generate(label, true);
    load.say("keep " + label);
    kept.add(key);
    labels.add(label);
    if (kept.size() > MOST_KEPT) {
      load.say("leave " + labels.remove());
      kept.remove().destroy();
    }
  }

  private void find() throws Exception {
    KeyStore store = KeyStore.getInstance("CloudHSM", stock.provider);
    store.load(null, null);
    if (!labels.isEmpty()) {
      require(store.getKey(labels.peekLast(), null) != null, "a kept key is not found");
    }
    require(store.getKey("nobody's label", null) == null, "a key is found that nobody made");
  }

  private void random() throws Exception {
    byte[] bytes = new byte[64];
    SecureRandom.getInstance("AES-CTR-DRBG", stock.provider).nextBytes(bytes);
    require(!Arrays.equals(bytes, new byte[64]), "random bytes are all zero");
  }
}
