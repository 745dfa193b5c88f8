import com.amazonaws.cloudhsm.jce.provider.AesCmacKdfFixedInputData;
import com.amazonaws.cloudhsm.jce.provider.AesCmacKdfParameterSpec;
import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttribute;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.Security;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;

/** Derives keys from an AES key inside the HSM: NIST SP 800-108 in counter mode with AES-CMAC. */
public final class AesCmacKdf {
  private AesCmacKdf() {}

  /**
   * Runs.
   *
   * @param args none
   */
  public static void main(String[] args) throws Exception {
    Security.addProvider(new CloudHsmProvider());
    SecretKey base = generateBaseKey();
    try {
      derive(base, "AES", 256);
      derive(base, "DESede", 192);
      derive(base, "GenericSecret", 384);
    } finally {
      base.destroy();
    }
  }

  /** DERIVE is false unless it is set. */
  private static SecretKey generateBaseKey() throws Exception {
    KeyAttributesMap attributes = new KeyAttributesMap();
    attributes.put(KeyAttribute.LABEL, "base-key");
    attributes.put(KeyAttribute.SIZE, 256);
    attributes.put(KeyAttribute.DERIVE, true);
    attributes.put(KeyAttribute.EXTRACTABLE, false);
    KeyGenerator generator = KeyGenerator.getInstance("AES", CloudHsmProvider.PROVIDER_NAME);
    generator.init(attributes, null);
    return generator.generateKey();
  }

  private static void derive(SecretKey base, String algorithm, int bits) throws Exception {
    KeyAttributesMap attributes = new KeyAttributesMap();
    attributes.put(KeyAttribute.LABEL, "derived");
    attributes.put(KeyAttribute.SIZE, bits);
    attributes.put(KeyAttribute.EXTRACTABLE, false);
    // Each block's input is prefix, counter, suffix: the counter of 8 bits comes first here.
    AesCmacKdfFixedInputData input = new AesCmacKdfFixedInputData(8, null, suffix("label", "context", bits));
    SecretKeyFactory factory = SecretKeyFactory.getInstance(algorithm, CloudHsmProvider.PROVIDER_NAME);
    SecretKey derived = factory.generateSecret(new AesCmacKdfParameterSpec(attributes, input, base));
    System.out.println("derived " + derived.getAlgorithm() + " of " + bits + " bits");
    derived.destroy();
  }

  /** The usual order of the standard: label, a zero byte, context, and the length of the result in bits. */
  private static byte[] suffix(String label, String context, int bits) throws Exception {
    ByteArrayOutputStream suffix = new ByteArrayOutputStream();
    suffix.write(label.getBytes(StandardCharsets.UTF_8));
    suffix.write(0);
    suffix.write(context.getBytes(StandardCharsets.UTF_8));
    suffix.write(ByteBuffer.allocate(Integer.BYTES).putInt(bits).array());
    return suffix.toByteArray();
  }
}
