import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;

/** Signs with the key of a label, says so, and goes on until it is killed. */
public class HoldKey {
  public static void main(String[] args) throws Exception {
    KeyStore store = KeyStore.getInstance("CloudHSM");
    store.load(null, null);
    PrivateKey key = (PrivateKey) store.getKey(args[0], null);
    Signature signature = Signature.getInstance(args[1]);
    signature.initSign(key);
    for (long count = 0; ; count++) {
      signature.update((byte) 1);
      signature.sign();
      if (count == 100) {
        System.out.println("signing with " + key);
      }
      Thread.sleep(1);
    }
  }
}
