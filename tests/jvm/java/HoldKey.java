import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.util.Base64;

/** Signs with the key of a label, says so, and goes on until it is killed; meanwhile its heap has known bytes. */
public class HoldKey {
  private static byte[] known;

  public static void main(String[] args) throws Exception {
    known = Base64.getDecoder().decode(args[2]);
    KeyStore store = KeyStore.getInstance("CloudHSM");
    store.load(null, null);
    PrivateKey key = (PrivateKey) store.getKey(args[0], null);
    Signature signature = Signature.getInstance(args[1]);
    signature.initSign(key);
    for (long count = 0; ; count++) {
      signature.update((byte) 1);
      signature.sign();
      if (count == 100) {
        System.out.println("signing with " + key + ", " + known.length + " known bytes on the heap");
      }
      Thread.sleep(1);
    }
  }
}
