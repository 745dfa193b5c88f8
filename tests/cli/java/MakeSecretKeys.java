import java.io.FileOutputStream;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.util.HexFormat;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;

/** Makes a keystore of secret keys, {@code ALIAS=ALGORITHM=BITS} each, and prints alias and SHA-256 digest of each. */
public final class MakeSecretKeys {
  private MakeSecretKeys() {}

  public static void main(String[] args) throws Exception {
    char[] password = System.getenv("STORE_PASSWORD").toCharArray();
    KeyStore store = KeyStore.getInstance(args[1]);
    store.load(null, password);
    for (int i = 2; i < args.length; i++) {
      String[] wanted = args[i].split("=");
      KeyGenerator generator = KeyGenerator.getInstance(wanted[1]);
      generator.init(Integer.parseInt(wanted[2]));
      SecretKey key = generator.generateKey();
      store.setKeyEntry(wanted[0], key, password, null);
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(key.getEncoded());
      System.out.println(wanted[0] + " " + HexFormat.of().formatHex(digest));
    }
    try (FileOutputStream out = new FileOutputStream(args[0])) {
      store.store(out, password);
    }
  }
}
