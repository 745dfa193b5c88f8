import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttribute;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import java.security.Security;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;

/** Generates secret keys of each type; attributes say what they are called and what they may do. */
public final class SymmetricKeys {
  private SymmetricKeys() {}

  /**
   * Runs.
   *
   * @param args none
   */
  public static void main(String[] args) throws Exception {
    Security.addProvider(new CloudHsmProvider());

    // Attributes that many keys share are kept in one map and copied into the map of each key.
    KeyAttributesMap shared = new KeyAttributesMap();
    shared.put(KeyAttribute.EXTRACTABLE, false);

    show(generate("AES", 128, "aes-128", shared));
    show(generate("AES", 192, "aes-192", shared));
    show(generate("AES", 256, "aes-256", shared));
    show(generate("DESede", null, "triple-des", shared));
    show(generate("GenericSecret", 512, "generic", shared));
    show(generate("HmacSHA1", 192, "hmac-sha1", shared));
    show(generate("HmacSHA512", 512, "hmac-sha512", shared));
  }

  /** SIZE is in bits, also for HMAC keys; DESede has one size only and needs none. */
  private static SecretKey generate(String algorithm, Integer bits, String label, KeyAttributesMap shared)
      throws Exception {
    KeyAttributesMap attributes = new KeyAttributesMap();
    attributes.putAll(shared);
    attributes.put(KeyAttribute.LABEL, label);
    if (bits != null) {
      attributes.put(KeyAttribute.SIZE, bits);
    }
    KeyGenerator generator = KeyGenerator.getInstance(algorithm, CloudHsmProvider.PROVIDER_NAME);
    generator.init(attributes);
    return generator.generateKey();
  }

  private static void show(SecretKey key) throws Exception {
    // The key stays in the HSM: this object is a reference without bytes.
    System.out.println(key.getAlgorithm() + ": encoded " + key.getEncoded() + ", format " + key.getFormat());
    key.destroy();
    System.out.println(key.getAlgorithm() + ": destroyed " + key.isDestroyed());
  }
}
