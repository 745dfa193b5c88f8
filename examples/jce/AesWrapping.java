import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttribute;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import java.security.Security;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.KeyGenerator;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;

/** Takes an HMAC key out of the HSM under an AES key, and in again, in every mode that does that. */
public final class AesWrapping {
  private AesWrapping() {}

  /**
   * Runs.
   *
   * @param args none
   */
  public static void main(String[] args) throws Exception {
    Security.addProvider(new CloudHsmProvider());
    SecretKey wrappingKey = generate("AES", 256, "wrapping-key", false);
    // Only a key with EXTRACTABLE = true may leave, even encrypted.
    SecretKey payload = generate("HmacSHA1", 256, "payload", true);
    try {
      wrapWithGcm(wrappingKey, payload);
      wrap(wrappingKey, payload, "AESWrap/ECB/NoPadding");
      wrap(wrappingKey, payload, "AESWrap/ECB/PKCS5Padding");
      wrap(wrappingKey, payload, "AESWrap/ECB/ZeroPadding");
    } finally {
      payload.destroy();
      wrappingKey.destroy();
    }
  }

  private static SecretKey generate(String algorithm, int bits, String label, boolean extractable)
      throws Exception {
    KeyAttributesMap attributes = new KeyAttributesMap();
    attributes.put(KeyAttribute.SIZE, bits);
    attributes.put(KeyAttribute.LABEL, label);
    attributes.put(KeyAttribute.TOKEN, false);
    attributes.put(KeyAttribute.EXTRACTABLE, extractable);
    KeyGenerator generator = KeyGenerator.getInstance(algorithm, CloudHsmProvider.PROVIDER_NAME);
    generator.init(attributes);
    return generator.generateKey();
  }

  private static void wrapWithGcm(SecretKey wrappingKey, SecretKey payload) throws Exception {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding", CloudHsmProvider.PROVIDER_NAME);
    // The HSM makes the IV, so the one given here is empty; getIV has it once the key is wrapped.
    cipher.init(Cipher.WRAP_MODE, wrappingKey, new GCMParameterSpec(128, new byte[0]));
    byte[] wrapped = cipher.wrap(payload);
    cipher.init(Cipher.UNWRAP_MODE, wrappingKey, new GCMParameterSpec(128, cipher.getIV()));
    compare("AES/GCM/NoPadding", wrapped, payload, cipher);
  }

  private static void wrap(SecretKey wrappingKey, SecretKey payload, String transformation) throws Exception {
    Cipher cipher = Cipher.getInstance(transformation, CloudHsmProvider.PROVIDER_NAME);
    cipher.init(Cipher.WRAP_MODE, wrappingKey);
    byte[] wrapped = cipher.wrap(payload);
    cipher.init(Cipher.UNWRAP_MODE, wrappingKey);
    compare(transformation, wrapped, payload, cipher);
  }

  /** Unwraps, and lets both keys compute the same code. */
  private static void compare(String transformation, byte[] wrapped, SecretKey payload, Cipher unwrapping)
      throws Exception {
    SecretKey unwrapped = (SecretKey) unwrapping.unwrap(wrapped, "HmacSHA1", Cipher.SECRET_KEY);
    try {
      if (!Arrays.equals(code(payload), code(unwrapped))) {
        throw new IllegalStateException(transformation + ": the unwrapped key is another key.");
      }
      System.out.println(
          transformation + ": " + wrapped.length + " bytes, unwrapped " + unwrapped.getAlgorithm() + ", same MAC");
    } finally {
      unwrapped.destroy();
    }
  }

  private static byte[] code(SecretKey key) throws Exception {
    Mac mac = Mac.getInstance("HmacSHA1", CloudHsmProvider.PROVIDER_NAME);
    mac.init(key);
    return mac.doFinal(new byte[] {1, 2, 3});
  }
}
