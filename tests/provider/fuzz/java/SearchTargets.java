import com.amazonaws.cloudhsm.jce.provider.KeyStoreWithAttributes;
import com.amazonaws.cloudhsm.jce.provider.attributes.EcParams;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttribute;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyReferenceSpec;
import io.hsmbridge.key.HsmKey;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.UnrecoverableKeyException;
import java.security.interfaces.RSAKey;
import java.security.spec.InvalidKeySpecException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKeyFactory;

/** What keys are called and found by. */
final class SearchTargets {

  private final Material material;
  private final List<Target> targets = new ArrayList<>();

  private SearchTargets(Material material) {
    this.material = material;
  }

  static List<Target> of(Material material) throws Exception {
    SearchTargets made = new SearchTargets(material);
    made.searches();
    made.references();
    made.labels();
    return made.targets;
  }

  private void searches() throws Exception {
    Map<KeyAttribute, byte[]> conditions = new EnumMap<>(KeyAttribute.class);
    conditions.put(KeyAttribute.ID, Material.bytes(8));
    conditions.put(KeyAttribute.MODULUS, ((RSAKey) material.softwareRsa.getPublic()).getModulus().toByteArray());
    conditions.put(KeyAttribute.PUBLIC_EXPONENT, new byte[] {1, 0, 1});
    conditions.put(KeyAttribute.EC_PARAMS, EcParams.EC_CURVE_PRIME256);
    conditions.put(KeyAttribute.EC_POINT, material.softwareEd25519.getPublic().getEncoded());
    conditions.put(KeyAttribute.VALUE, Material.bytes(32));
    for (Map.Entry<KeyAttribute, byte[]> condition : conditions.entrySet()) {
      targets.add(
          Target.of("search by " + condition.getKey(), List.of(condition.getValue()), FactoryTargets.SPEC,
              input -> {
                KeyStoreWithAttributes store = KeyStoreWithAttributes.getInstance("CloudHSM", material.provider);
                store.load(null, null);
                store.getKeys(FactoryTargets.with(new KeyAttributesMap(), condition.getKey(), input));
                return null;
              }));
    }
  }

  private void references() {
    byte[] handle = ByteBuffer.allocate(Long.BYTES).putLong(((HsmKey) material.aes).handle()).array();
    targets.add(
        Target.of("key reference", List.of(handle), FactoryTargets.SPEC,
            input -> {
              KeyStoreWithAttributes store = KeyStoreWithAttributes.getInstance("CloudHSM", material.provider);
              store.load(null, null);
              long reference = ByteBuffer.wrap(Arrays.copyOf(input, Long.BYTES)).getLong();
              store.getKey(KeyReferenceSpec.getInstance(reference));
              return null;
            }));
  }

  private void labels() {
    List<byte[]> valid =
        List.of("label".getBytes(StandardCharsets.UTF_16BE), "\ud83d\udd11".getBytes(StandardCharsets.UTF_16BE));
    targets.add(
        Target.of("LABEL of a key to generate", valid, FactoryTargets.GENERATION,
            input -> {
              KeyGenerator generator = KeyGenerator.getInstance("AES", material.provider);
              KeyAttributesMap attributes = new KeyAttributesMap();
              attributes.put(KeyAttribute.LABEL, text(input));
              attributes.put(KeyAttribute.SIZE, 256);
              generator.init(attributes);
              return generator.generateKey();
            }));
    targets.add(
        Target.of("LABEL of a key to import", valid, FactoryTargets.SPEC,
            input -> {
              KeyAttributesMap attributes = new KeyAttributesMap();
              attributes.put(KeyAttribute.LABEL, text(input));
              attributes.put(KeyAttribute.VALUE, new byte[16]);
              return SecretKeyFactory.getInstance("AES", material.provider).generateSecret(attributes);
            }));
    targets.add(
        Target.of("LABEL to search by", valid,
            Set.of(InvalidKeySpecException.class, UnrecoverableKeyException.class),
            input -> {
              KeyStoreWithAttributes store = KeyStoreWithAttributes.getInstance("CloudHSM", material.provider);
              store.load(null, null);
              KeyAttributesMap attributes = new KeyAttributesMap();
              attributes.put(KeyAttribute.LABEL, text(input));
              return store.getKey(attributes);
            }));
    targets.add(
        Target.of("alias of a keystore", valid, Set.of(UnrecoverableKeyException.class),
            input -> {
              KeyStore store = KeyStore.getInstance("CloudHSM", material.provider);
              store.load(null, null);
              return store.getKey(text(input), null);
            }));
    targets.add(
        Target.of("ID of a key to generate", List.of(Material.bytes(8)),
            FactoryTargets.GENERATION,
            input -> {
              KeyGenerator generator = KeyGenerator.getInstance("AES", material.provider);
              KeyAttributesMap attributes = new KeyAttributesMap();
              attributes.put(KeyAttribute.ID, input);
              attributes.put(KeyAttribute.SIZE, 256);
              generator.init(attributes);
              return generator.generateKey();
            }));
  }

  /** Any 16-bit units, among them halves of surrogate pairs. */
  private static String text(byte[] input) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i + 1 < input.length; i += 2) {
      text.append((char) ((input[i] & 0xFF) << 8 | input[i + 1] & 0xFF));
    }
    return text.toString();
  }
}
