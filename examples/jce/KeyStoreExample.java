import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttribute;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyPairAttributesMapBuilder;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Security;
import java.security.Signature;
import java.security.cert.Certificate;
import java.util.Arrays;

/**
 * Keeps a key in the HSM and its certificate in a keystore file.
 *
 * <p>The first run makes both, later runs find them, and with {@code delete} the key is destroyed. The file's password
 * comes from KEYSTORE_PASSWORD; it protects the file and has nothing to do with the HSM's login.
 */
public final class KeyStoreExample {
  private KeyStoreExample() {}

  /**
   * Runs.
   *
   * @param args the keystore file, a label, and perhaps {@code delete}
   */
  public static void main(String[] args) throws Exception {
    Security.addProvider(new CloudHsmProvider());
    String file = args[0];
    // The alias in the store is the label of the private key; the public half has another, so that it is one key's.
    String alias = args[1] + ":Private";
    char[] password = System.getenv("KEYSTORE_PASSWORD").toCharArray();
    try {
      KeyStore store = load(file, password);
      if (args.length > 2 && args[2].equals("delete")) {
        delete(store, alias, file);
        return;
      }
      if (store.containsAlias(alias)) {
        System.out.println("found " + alias);
      } else {
        create(store, args[1], password);
        try (OutputStream out = new FileOutputStream(file)) {
          // Now the certificate is in the file, and the key persistent in the HSM.
          store.store(out, password);
        }
        System.out.println("created " + alias);
      }
      use(store, alias, password);
    } finally {
      Arrays.fill(password, '\0');
    }
  }

  private static KeyStore load(String file, char[] password) throws Exception {
    KeyStore store = KeyStore.getInstance(CloudHsmProvider.CLOUDHSM_KEYSTORE_TYPE);
    if (!Files.exists(Paths.get(file))) {
      store.load(null, null);
      return store;
    }
    try (InputStream in = new FileInputStream(file)) {
      store.load(in, password);
    }
    return store;
  }

  private static void create(KeyStore store, String label, char[] password) throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA", CloudHsmProvider.PROVIDER_NAME);
    generator.initialize(
        new KeyPairAttributesMapBuilder()
            .withPublic(KeyAttribute.LABEL, label + ":Public")
            .withPublic(KeyAttribute.MODULUS_BITS, 2048)
            .withPublic(KeyAttribute.PUBLIC_EXPONENT, BigInteger.valueOf(65537).toByteArray())
            .withPublic(KeyAttribute.VERIFY, true)
            .withPrivate(KeyAttribute.LABEL, label + ":Private")
            .withPrivate(KeyAttribute.SIGN, true)
            .withPrivate(KeyAttribute.EXTRACTABLE, false)
            .build());
    KeyPair pair = generator.generateKeyPair();
    Certificate[] chain = {SelfSigned.certify(pair, "CN=" + label)};
    KeyStore.PrivateKeyEntry entry = new KeyStore.PrivateKeyEntry(pair.getPrivate(), chain);
    store.setEntry(label + ":Private", entry, new KeyStore.PasswordProtection(password));
  }

  private static void use(KeyStore store, String alias, char[] password) throws Exception {
    KeyStore.PrivateKeyEntry entry =
        (KeyStore.PrivateKeyEntry) store.getEntry(alias, new KeyStore.PasswordProtection(password));
    Signature signature = Signature.getInstance("SHA256withRSA");
    signature.initSign(entry.getPrivateKey());
    signature.update(new byte[] {1, 2, 3});
    byte[] signed = signature.sign();
    signature.initVerify(entry.getCertificate());
    signature.update(new byte[] {1, 2, 3});
    if (!signature.verify(signed)) {
      throw new IllegalStateException("Key and certificate do not belong together.");
    }
    System.out.println("signed with " + alias + ", verified with its certificate");
  }

  /** A keystore never deletes a key of the HSM; that is done with the key itself. */
  private static void delete(KeyStore store, String alias, String file) throws Exception {
    PrivateKey key = (PrivateKey) store.getKey(alias, null);
    if (key != null) {
      key.destroy();
    }
    Files.deleteIfExists(Paths.get(file));
    System.out.println("destroyed " + alias);
  }
}
