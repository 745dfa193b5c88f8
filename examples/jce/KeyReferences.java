import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import com.amazonaws.cloudhsm.jce.provider.KeyStoreWithAttributes;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttribute;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyReferenceSpec;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyType;
import com.amazonaws.cloudhsm.jce.provider.attributes.ObjectClassType;
import java.security.Key;
import java.security.Security;
import java.security.UnrecoverableKeyException;
import java.util.List;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;

/** Finds keys when a label does not name exactly one: all with some attributes, or the one with a key reference. */
public final class KeyReferences {
  private KeyReferences() {}

  /**
   * Runs.
   *
   * @param args a key reference as {@code hsmbridge keys} prints it, such as 0x0000000000000012; or nothing
   */
  public static void main(String[] args) throws Exception {
    CloudHsmProvider provider = new CloudHsmProvider();
    Security.addProvider(provider);
    KeyStoreWithAttributes store =
        KeyStoreWithAttributes.getInstance(CloudHsmProvider.CLOUDHSM_KEYSTORE_TYPE, provider);
    store.load(null, null);
    if (args.length > 0) {
      findByReference(store, args[0]);
    }
    findByAttributes(store);
  }

  private static void findByReference(KeyStoreWithAttributes store, String reference) throws Exception {
    Key key = store.getKey(KeyReferenceSpec.getInstance(Long.decode(reference)));
    System.out.println(reference + ": " + (key == null ? "no such key" : key.getAlgorithm()));
  }

  private static void findByAttributes(KeyStoreWithAttributes store) throws Exception {
    SecretKey one = generate(128);
    SecretKey other = generate(256);
    try {
      KeyAttributesMap wanted = new KeyAttributesMap();
      wanted.put(KeyAttribute.LABEL, "twins");
      wanted.put(KeyAttribute.OBJECT_CLASS, ObjectClassType.SECRET_KEY);
      wanted.put(KeyAttribute.KEY_TYPE, KeyType.AES);
      List<Key> keys = store.getKeys(wanted);
      System.out.println("two keys with one label: " + keys.size() + " found");
      try {
        store.getKey(wanted);
        throw new IllegalStateException("One of two keys was chosen.");
      } catch (UnrecoverableKeyException e) {
        System.out.println("asked for the one key: refused");
      }

      wanted.put(KeyAttribute.SIZE, 256);
      System.out.println("with 256 bits: " + store.getKeys(wanted).size() + " found");
      wanted.put(KeyAttribute.SIZE, 192);
      System.out.println("with 192 bits: " + store.getKeys(wanted).size() + " found");
    } finally {
      one.destroy();
      other.destroy();
    }
  }

  private static SecretKey generate(int bits) throws Exception {
    KeyAttributesMap attributes = new KeyAttributesMap();
    attributes.put(KeyAttribute.LABEL, "twins");
    attributes.put(KeyAttribute.SIZE, bits);
    KeyGenerator generator = KeyGenerator.getInstance("AES", CloudHsmProvider.PROVIDER_NAME);
    generator.init(attributes);
    return generator.generateKey();
  }
}
