import com.amazonaws.cloudhsm.jce.provider.attributes.EcParams;
import io.hsmbridge.engine.Attributes;
import io.hsmbridge.engine.Engine;
import io.hsmbridge.engine.HsmException;
import io.hsmbridge.engine.Mechanisms;
import io.hsmbridge.engine.Parameters;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Everything with bytes that the engine takes, given to it without what the JCA classes check before. */
final class EngineTargets {

  private static final Set<Class<? extends Exception>> REFUSALS = Set.of(HsmException.class);

  private final Engine engine;
  private final List<Target> targets = new ArrayList<>();
  private final long aes;
  private final long desede;
  private final long generic;
  private final long[] rsa;
  private final long[] ec;
  private final long[] ed25519;
  private final long[] mldsa;
  private final byte[] peer;

  /** Uses a session that is logged in. */
  private EngineTargets(Engine engine) {
    this.engine = engine;
    Map<String, Object> derives = Map.of(Attributes.VALUE_LEN, 32L, Attributes.DERIVE, true);
    aes = engine.generateKey(Mechanisms.AES_KEY_GEN, derives);
    desede = engine.generateKey(Mechanisms.DES3_KEY_GEN, Map.of());
    generic = engine.generateKey(Mechanisms.GENERIC_SECRET_KEY_GEN, derives);
    rsa = engine.generateKeyPair(Mechanisms.RSA_PKCS_KEY_PAIR_GEN, Map.of(Attributes.MODULUS_BITS, 2048L), Map.of());
    Map<String, Object> curve = Map.of(Attributes.EC_PARAMS, EcParams.EC_CURVE_PRIME256);
    ec = engine.generateKeyPair(Mechanisms.EC_KEY_PAIR_GEN, curve, Map.of(Attributes.DERIVE, true));
    Map<String, Object> edwards = Map.of(Attributes.EC_PARAMS, EcParams.EC_CURVE_ED25519);
    ed25519 = engine.generateKeyPair(Mechanisms.EC_EDWARDS_KEY_PAIR_GEN, edwards, Map.of());
    Map<String, Object> set = Map.of(Attributes.PARAMETER_SET, Attributes.PARAMETER_SET_ML_DSA_44);
    mldsa = engine.generateKeyPair(Mechanisms.ML_DSA_KEY_PAIR_GEN, set, Map.of());
    peer = (byte[]) engine.attributes(ec[0]).get(Attributes.PUBLIC_KEY_INFO);
  }

  static List<Target> of(Engine engine) {
    EngineTargets made = new EngineTargets(engine);
    made.encryption();
    made.signing();
    made.wrapping();
    made.derivation();
    made.templates();
    made.numbers();
    return made.targets;
  }

  private void encryption() {
    byte[] iv = Parameters.iv(Material.bytes(16));
    byte[] shortIv = Parameters.iv(Material.bytes(8));
    byte[] oaep = Parameters.oaep(Mechanisms.SHA256, Mechanisms.SHA256, Material.bytes(5));
    both("AES_CBC", Mechanisms.AES_CBC, aes, aes, iv, 32);
    both("AES_CBC_PAD", Mechanisms.AES_CBC_PAD, aes, aes, iv, 32);
    both("AES_CTR", Mechanisms.AES_CTR, aes, aes, iv, 32);
    both("AES_ECB", Mechanisms.AES_ECB, aes, aes, null, 32);
    both("AES_ECB_PAD", Mechanisms.AES_ECB_PAD, aes, aes, null, 32);
    both("AES_GCM", Mechanisms.AES_GCM, aes, aes, Parameters.gcm(Material.bytes(12), Material.bytes(9), 128), 32);
    byte[] noIv = Parameters.gcm(new byte[0], Material.bytes(9), 128);
    both("CLOUDHSM_AES_GCM", Mechanisms.CLOUDHSM_AES_GCM, aes, aes, noIv, 32);
    both("DES3_CBC", Mechanisms.DES3_CBC, desede, desede, shortIv, 32);
    both("DES3_CBC_PAD", Mechanisms.DES3_CBC_PAD, desede, desede, shortIv, 32);
    both("DES3_ECB", Mechanisms.DES3_ECB, desede, desede, null, 32);
    both("DES3_ECB_PAD", Mechanisms.DES3_ECB_PAD, desede, desede, null, 32);
    both("RSA_PKCS", Mechanisms.RSA_PKCS, rsa[0], rsa[1], null, 256);
    both("RSA_X_509", Mechanisms.RSA_X_509, rsa[0], rsa[1], null, 256);
    both("RSA_PKCS_OAEP", Mechanisms.RSA_PKCS_OAEP, rsa[0], rsa[1], oaep, 256);
  }

  private void both(String name, long mechanism, long encryption, long decryption, byte[] parameter, int length) {
    List<byte[]> data = List.of(Material.bytes(length));
    add("encrypt data with " + name, data, input -> engine.encrypt(encryption, mechanism, parameter, input));
    add("decrypt data with " + name, data, input -> engine.decrypt(decryption, mechanism, parameter, input));
    List<byte[]> parameters = List.of(parameter == null ? new byte[4] : parameter);
    byte[] fixed = data.get(0);
    add("encrypt parameter of " + name, parameters, input -> engine.encrypt(encryption, mechanism, input, fixed));
    add("decrypt parameter of " + name, parameters, input -> engine.decrypt(decryption, mechanism, input, fixed));
  }

  private void signing() {
    pair("RSA_PKCS", Mechanisms.RSA_PKCS, rsa, null, 51);
    pair("RSA_PKCS_PSS", Mechanisms.RSA_PKCS_PSS, rsa, Parameters.pss(Mechanisms.SHA256, Mechanisms.SHA256, 32), 32);
    pair("ECDSA", Mechanisms.ECDSA, ec, null, 32);
    pair("EDDSA", Mechanisms.EDDSA, ed25519, Parameters.eddsa(false), 40);
    pair("EDDSA prehashed", Mechanisms.EDDSA, ed25519, Parameters.eddsa(true), 64);
    pair("ML_DSA", Mechanisms.ML_DSA, mldsa, null, 40);
    pair("ML_DSA_EXTERNAL_MU", Mechanisms.ML_DSA_EXTERNAL_MU, mldsa, null, 64);
    Map<String, Long> codes = new LinkedHashMap<>();
    codes.put("SHA_1_HMAC", Mechanisms.SHA_1_HMAC);
    codes.put("SHA256_HMAC", Mechanisms.SHA256_HMAC);
    codes.put("SHA512_HMAC", Mechanisms.SHA512_HMAC);
    codes.put("AES_CMAC", Mechanisms.AES_CMAC);
    codes.forEach(
        (name, mechanism) -> {
          long key = name.equals("AES_CMAC") ? aes : generic;
          byte[] data = Material.bytes(40);
          byte[] code = engine.sign(key, mechanism, null, data);
          add("data of " + name, List.of(data), input -> engine.sign(key, mechanism, null, input));
          add("parameter of " + name, List.of(new byte[8]), input -> engine.sign(key, mechanism, input, data));
          targets.add(
              Target.authenticated("engine: code of " + name, List.of(code), REFUSALS,
                  input -> {
                    engine.verify(key, mechanism, null, data, input);
                    return true;
                  }));
        });
  }

  private void pair(String name, long mechanism, long[] keys, byte[] parameter, int length) {
    byte[] data = Material.bytes(length);
    byte[] signed = engine.sign(keys[1], mechanism, parameter, data);
    add("data of " + name, List.of(data), input -> engine.sign(keys[1], mechanism, parameter, input));
    List<byte[]> parameters = List.of(parameter == null ? new byte[4] : parameter);
    add("signing parameter of " + name, parameters, input -> engine.sign(keys[1], mechanism, input, data));
    targets.add(
        Target.of("engine: verifying parameter of " + name, parameters, REFUSALS,
            input -> {
              engine.verify(keys[0], mechanism, input, data, signed);
              return null;
            }));
    targets.add(
        Target.authenticated("engine: signature of " + name, List.of(signed), REFUSALS,
            input -> {
              engine.verify(keys[0], mechanism, parameter, data, input);
              return true;
            }));
  }

  private void wrapping() {
    byte[] oaep = Parameters.oaep(Mechanisms.SHA256, Mechanisms.SHA256, new byte[0]);
    unwrap("CLOUDHSM_AES_KEY_WRAP_NO_PAD", Mechanisms.CLOUDHSM_AES_KEY_WRAP_NO_PAD, aes, aes, null);
    unwrap("CLOUDHSM_AES_KEY_WRAP_PKCS5_PAD", Mechanisms.CLOUDHSM_AES_KEY_WRAP_PKCS5_PAD, aes, aes, null);
    unwrap("CLOUDHSM_AES_KEY_WRAP_ZERO_PAD", Mechanisms.CLOUDHSM_AES_KEY_WRAP_ZERO_PAD, aes, aes, null);
    unwrap("RSA_PKCS_OAEP", Mechanisms.RSA_PKCS_OAEP, rsa[0], rsa[1], oaep);
    byte[] rsaAes = Parameters.rsaAesKeyWrap(256, Mechanisms.SHA256, Mechanisms.SHA256, new byte[0]);
    unwrap("RSA_AES_KEY_WRAP", Mechanisms.RSA_AES_KEY_WRAP, rsa[0], rsa[1], rsaAes);
  }

  private void unwrap(String name, long mechanism, long wrapping, long unwrapping, byte[] parameter) {
    byte[] wrapped = engine.wrap(wrapping, mechanism, parameter, aes);
    Map<String, Object> template =
        Map.of(Attributes.CLASS, Attributes.CLASS_SECRET_KEY, Attributes.KEY_TYPE, Attributes.TYPE_GENERIC_SECRET);
    List<byte[]> parameters = List.of(parameter == null ? new byte[4] : parameter);
    add("wrapping parameter of " + name, parameters, input -> engine.wrap(wrapping, mechanism, input, aes));
    key("unwrapping parameter of " + name, parameters,
        input -> engine.unwrap(unwrapping, mechanism, input, wrapped, template));
    key("wrapped with " + name, List.of(wrapped),
        input -> engine.unwrap(unwrapping, mechanism, parameter, input, template));
  }

  private void derivation() {
    Map<String, Object> template = Map.of(Attributes.KEY_TYPE, Attributes.TYPE_AES, Attributes.VALUE_LEN, 32L);
    for (long kdf : new long[] {Mechanisms.KDF_NULL, Mechanisms.KDF_SHA1, Mechanisms.KDF_SHA512}) {
      key("parameter of ECDH1_DERIVE with KDF " + kdf, List.of(Parameters.ecdh(kdf, Material.bytes(9), peer)),
          input -> engine.derive(ec[1], Mechanisms.ECDH1_DERIVE, input, template));
    }
    key("parameter of SP800_108_COUNTER_KDF",
        List.of(Parameters.counterKdf(8, Material.bytes(4), Material.bytes(9)), Parameters.counterKdf(32, peer, peer)),
        input -> engine.derive(aes, Mechanisms.SP800_108_COUNTER_KDF, input, template));
    key("parameter of CLOUDHSM_SP800_108_COUNTER_KDF",
        List.of(
            Parameters.labelledKdf(Mechanisms.SHA256_HMAC, 32, 32, Material.bytes(4), Material.bytes(9)),
            Parameters.labelledKdf(Mechanisms.SHA512_HMAC, 16, 64, peer, peer)),
        input -> engine.derive(generic, Mechanisms.CLOUDHSM_SP800_108_COUNTER_KDF, input, template));
    key("parameter of HKDF_DERIVE",
        List.of(Parameters.hkdf(Mechanisms.SHA256, Material.bytes(4), Material.bytes(9))),
        input -> engine.derive(generic, Mechanisms.HKDF_DERIVE, input, template));
  }

  private void templates() {
    Map<String, Object> secret =
        Map.of(
            Attributes.CLASS, Attributes.CLASS_SECRET_KEY, Attributes.KEY_TYPE, Attributes.TYPE_AES,
            Attributes.VALUE, new byte[16]);
    Map<String, Object> publicKey =
        Map.of(
            Attributes.CLASS, Attributes.CLASS_PUBLIC_KEY, Attributes.KEY_TYPE, Attributes.TYPE_EC,
            Attributes.PUBLIC_KEY_INFO, peer);
    for (String name : List.of(Attributes.ID, Attributes.EC_PARAMS, Attributes.EC_POINT, Attributes.MODULUS,
        Attributes.PUBLIC_EXPONENT, Attributes.VALUE, Attributes.PRIVATE_KEY_INFO, Attributes.PUBLIC_KEY_INFO,
        Attributes.LABEL, Attributes.TOKEN, Attributes.KEY_TYPE, Attributes.CLASS, Attributes.VALUE_LEN)) {
      key("secret key to import with " + name, List.of(new byte[16], EcParams.EC_CURVE_PRIME256),
          input -> engine.importKey(with(secret, name, input)));
      key("public key to import with " + name, List.of(peer, EcParams.EC_CURVE_PRIME256),
          input -> engine.importKey(with(publicKey, name, input)));
      add("search by " + name, List.of(peer, EcParams.EC_CURVE_PRIME256), input -> engine.find(Map.of(name, input)));
      key("key to generate with " + name, List.of(new byte[16], EcParams.EC_CURVE_PRIME256),
          input -> engine.generateKey(
              Mechanisms.AES_KEY_GEN, with(Map.of(Attributes.VALUE_LEN, 32L), name, input)));
      add("change of " + name, List.of(new byte[16], EcParams.EC_CURVE_PRIME256),
          input -> {
            engine.setAttributes(generic, Map.of(name, input));
            return null;
          });
    }
    add("name of an attribute",
        List.of("LABEL".getBytes(StandardCharsets.US_ASCII), "VALUE_LEN".getBytes(StandardCharsets.US_ASCII)),
        input -> engine.find(Map.of(new String(input, StandardCharsets.ISO_8859_1), "text")));
  }

  /** Eight bytes are a number, which stands where the engine takes numbers. */
  private void numbers() {
    List<byte[]> valid = List.of(eight(1), eight(Attributes.TYPE_AES), eight(32), eight(Mechanisms.AES_GCM));
    Map<String, Object> aes256 = Map.of(Attributes.KEY_TYPE, Attributes.TYPE_AES, Attributes.VALUE_LEN, 32L);
    Map<String, Object> value = Map.of(Attributes.CLASS, Attributes.CLASS_SECRET_KEY, Attributes.VALUE, new byte[16]);
    byte[] ecdh = Parameters.ecdh(Mechanisms.KDF_SHA256, new byte[0], peer);
    byte[] hkdf = Parameters.hkdf(Mechanisms.SHA256, new byte[0], new byte[0]);
    byte[] counter = Parameters.counterKdf(8, new byte[0], new byte[0]);
    for (String name : List.of(Attributes.VALUE_LEN, Attributes.KEY_TYPE, Attributes.CLASS, Attributes.MODULUS_BITS,
        Attributes.PARAMETER_SET, Attributes.TOKEN, Attributes.LABEL, Attributes.CREATED)) {
      Map<String, Object> generic32 = Map.of(Attributes.KEY_TYPE, Attributes.TYPE_GENERIC_SECRET);
      key("secret key to generate with number " + name, valid,
          input -> engine.generateKey(
              Mechanisms.GENERIC_SECRET_KEY_GEN, with(Map.of(Attributes.VALUE_LEN, 32L), name, number(input))));
      key("key to agree on with number " + name, valid,
          input -> engine.derive(ec[1], Mechanisms.ECDH1_DERIVE, ecdh, with(generic32, name, number(input))));
      key("key of HKDF with number " + name, valid,
          input -> engine.derive(generic, Mechanisms.HKDF_DERIVE, hkdf, with(generic32, name, number(input))));
      key("key of the counter KDF with number " + name, valid,
          input -> engine.derive(aes, Mechanisms.SP800_108_COUNTER_KDF, counter, with(aes256, name, number(input))));
      key("key to import with number " + name, valid,
          input -> engine.importKey(with(value, name, number(input))));
      add("search by number " + name, valid, input -> engine.find(Map.of(name, number(input))));
    }
    add("number of random bytes", List.of(eight(1), eight(1 << 20)), input -> engine.random((int) number(input)));
    add("number of a key", valid, input -> engine.attributes(number(input)));
    add("number of a mechanism to sign with", valid,
        input -> engine.sign(generic, number(input), null, new byte[32]));
    add("number of a mechanism to encrypt with", valid,
        input -> engine.encrypt(aes, number(input), null, new byte[32]));
    add("number of a mechanism to wrap with", valid, input -> engine.wrap(aes, number(input), null, generic));
    key("number of a mechanism to derive with", valid,
        input -> engine.derive(aes, number(input), counter, aes256));
    key("number of a mechanism to generate with", valid, input -> engine.generateKey(number(input), aes256));
  }

  private static byte[] eight(long number) {
    return ByteBuffer.allocate(Long.BYTES).putLong(number).array();
  }

  private static long number(byte[] input) {
    return ByteBuffer.wrap(Arrays.copyOf(input, Long.BYTES)).getLong();
  }

  private static Map<String, Object> with(Map<String, Object> template, String name, Object value) {
    Map<String, Object> changed = new HashMap<>(template);
    changed.put(name, value);
    return changed;
  }

  private void add(String name, List<byte[]> valid, Target.Attempt attempt) {
    targets.add(Target.of("engine: " + name, valid, REFUSALS, attempt));
  }

  /** An attempt that returns the handle of a new key. */
  private void key(String name, List<byte[]> valid, Target.Attempt attempt) {
    add(name, valid,
        input -> {
          engine.destroy((Long) attempt.run(input));
          return null;
        });
  }
}
