import java.io.FileInputStream;
import java.security.Key;
import java.security.KeyStore;
import java.util.Collections;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;

/** Prints alias and check value of each secret key of a keystore: three bytes of the encrypted zero block. */
public final class CheckValues {
  private CheckValues() {}

  public static void main(String[] args) throws Exception {
    char[] password = System.getenv("STORE_PASSWORD").toCharArray();
    KeyStore store = KeyStore.getInstance(args[1]);
    try (FileInputStream in = new FileInputStream(args[0])) {
      store.load(in, password);
    }
    for (String alias : Collections.list(store.aliases())) {
      Key key = store.isKeyEntry(alias) ? store.getKey(alias, password) : null;
      if (key instanceof SecretKey) {
        Cipher cipher = Cipher.getInstance("AES/ECB/NoPadding");
        cipher.init(Cipher.ENCRYPT_MODE, key);
        byte[] block = cipher.doFinal(new byte[16]);
        System.out.printf("%s 0x%02x%02x%02x%n", alias, block[0], block[1], block[2]);
      }
    }
  }
}
