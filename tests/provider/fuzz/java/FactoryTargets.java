import com.amazonaws.cloudhsm.jce.jni.exception.AttributeException;
import com.amazonaws.cloudhsm.jce.provider.attributes.EcParams;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttribute;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyPairAttributesMapBuilder;
import java.math.BigInteger;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.InvalidParameterException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.ECPoint;
import java.security.spec.ECPrivateKeySpec;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.RSAPrivateCrtKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.SecretKeySpec;

/** Keys from outside, encoded or in parts. */
final class FactoryTargets {

  static final Set<Class<? extends Exception>> SPEC = Set.of(InvalidKeySpecException.class);
  private static final Set<Class<? extends Exception>> KEY = Set.of(InvalidKeyException.class);

  /** What the HSM alone can judge is refused when the key is generated, which declares no checked exception. */
  static final Set<Class<? extends Exception>> GENERATION =
      Set.of(InvalidAlgorithmParameterException.class, InvalidParameterException.class, AttributeException.class);

  private final Material material;
  private final List<Target> targets = new ArrayList<>();

  private FactoryTargets(Material material) {
    this.material = material;
  }

  static List<Target> of(Material material) throws Exception {
    FactoryTargets made = new FactoryTargets(material);
    made.encodings("RSA", material.softwareRsa, "SHA256withRSA");
    made.encodings("EC", material.softwareEc, "SHA256withECDSA");
    made.encodings("Ed25519", material.softwareEd25519, "Ed25519");
    made.privateEncodings("ML-DSA", material.encodedMldsa, "ML-DSA");
    made.publicEncodings("ML-DSA", material.mldsa.getPublic().getEncoded(), "ML-DSA");
    for (byte[] curve : new byte[][] {
      EcParams.EC_CURVE_PRIME224, EcParams.EC_CURVE_PRIME384, EcParams.EC_CURVE_PRIME521, EcParams.EC_CURVE_SECP256
    }) {
      made.publicEncodings("EC", material.curve(curve).getPublic().getEncoded(), "SHA256withECDSA");
    }
    made.rsaParts();
    made.ecParts();
    made.secrets();
    return made.targets;
  }

  private void encodings(String algorithm, KeyPair pair, String signature) {
    publicEncodings(algorithm, pair.getPublic().getEncoded(), signature);
    privateEncodings(algorithm, pair.getPrivate().getEncoded(), signature);
  }

  private void privateEncodings(String algorithm, byte[] encoded, String signature) {
    List<byte[]> valid = List.of(encoded);
    targets.add(
        Target.of("PKCS#8 for " + algorithm, valid, SPEC,
            input -> factory(algorithm).generatePrivate(new PKCS8EncodedKeySpec(input))));
    targets.add(
        Target.of("private key to translate for " + algorithm, valid, KEY,
            input -> factory(algorithm).translateKey(EncodedKey.ofPrivate(algorithm, input))));
    targets.add(
        Target.of("private key given to " + signature, valid, KEY,
            input -> {
              Signature signer = Signature.getInstance(signature, material.provider);
              signer.initSign(EncodedKey.ofPrivate(algorithm, input));
              return null;
            }));
    targets.add(
        Target.of("VALUE or PKCS#8 in attributes for " + algorithm, valid, SPEC,
            input -> {
              KeyAttributesMap attributes = new KeyAttributesMap();
              attributes.put(KeyAttribute.VALUE, input);
              return factory(algorithm).generatePrivate(attributes);
            }));
  }

  private void publicEncodings(String algorithm, byte[] encoded, String signature) {
    List<byte[]> valid = List.of(encoded);
    String name = algorithm + " (" + encoded.length + " bytes)";
    targets.add(
        Target.of("X.509 for " + name, valid, SPEC,
            input -> factory(algorithm).generatePublic(new X509EncodedKeySpec(input))));
    targets.add(
        Target.of("public key to translate for " + name, valid, KEY,
            input -> factory(algorithm).translateKey(EncodedKey.ofPublic(algorithm, input))));
    targets.add(
        Target.of("public key of " + name + " given to " + signature, valid, KEY,
            input -> {
              Signature verifier = Signature.getInstance(signature, material.provider);
              verifier.initVerify(EncodedKey.ofPublic(algorithm, input));
              return null;
            }));
  }

  private void rsaParts() throws Exception {
    RSAPrivateCrtKey key = (RSAPrivateCrtKey) material.softwareRsa.getPrivate();
    Map<KeyAttribute, BigInteger> parts = new EnumMap<>(KeyAttribute.class);
    parts.put(KeyAttribute.MODULUS, key.getModulus());
    parts.put(KeyAttribute.PUBLIC_EXPONENT, key.getPublicExponent());
    parts.put(KeyAttribute.PRIVATE_EXPONENT, key.getPrivateExponent());
    parts.put(KeyAttribute.PRIME_P, key.getPrimeP());
    parts.put(KeyAttribute.PRIME_Q, key.getPrimeQ());
    parts.put(KeyAttribute.PRIME_EXPONENT_P, key.getPrimeExponentP());
    parts.put(KeyAttribute.PRIME_EXPONENT_Q, key.getPrimeExponentQ());
    parts.put(KeyAttribute.CRT_COEFFICIENT, key.getCrtCoefficient());
    KeyAttributesMap all = new KeyAttributesMap();
    for (Map.Entry<KeyAttribute, BigInteger> part : parts.entrySet()) {
      all.put(part.getKey(), part.getValue().toByteArray());
    }
    for (KeyAttribute part : parts.keySet()) {
      List<byte[]> valid = List.of((byte[]) all.get(part));
      targets.add(
          Target.of(part + " of an RSA private key", valid, SPEC,
              input -> factory("RSA").generatePrivate(with(all, part, input))));
    }
    for (KeyAttribute part : List.of(KeyAttribute.MODULUS, KeyAttribute.PUBLIC_EXPONENT)) {
      KeyAttributesMap both = new KeyAttributesMap();
      both.put(KeyAttribute.MODULUS, key.getModulus().toByteArray());
      both.put(KeyAttribute.PUBLIC_EXPONENT, key.getPublicExponent().toByteArray());
      List<byte[]> valid = List.of((byte[]) both.get(part));
      targets.add(
          Target.of(part + " of an RSA public key", valid, SPEC,
              input -> factory("RSA").generatePublic(with(both, part, input))));
    }
    targets.add(
        Target.of("modulus in an RSAPublicKeySpec", List.of(key.getModulus().toByteArray()), SPEC,
            input ->
                factory("RSA")
                    .generatePublic(new RSAPublicKeySpec(number(input), key.getPublicExponent()))));
    for (int part = 0; part < parts.size(); part++) {
      int changed = part;
      List<BigInteger> numbers = new ArrayList<>(parts.values());
      targets.add(
          Target.of("part " + part + " of an RSAPrivateCrtKeySpec", List.of(numbers.get(part).toByteArray()), SPEC,
              input -> {
                List<BigInteger> changedParts = new ArrayList<>(numbers);
                changedParts.set(changed, number(input));
                return factory("RSA").generatePrivate(specification(changedParts));
              }));
    }
    targets.add(
        Target.generating("exponent to generate an RSA pair with", List.of(new byte[] {1, 0, 1}), GENERATION,
            input -> {
              KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA", material.provider);
              generator.initialize(
                  new KeyPairAttributesMapBuilder()
                      .withPublic(KeyAttribute.MODULUS_BITS, 2048)
                      .withPublic(KeyAttribute.PUBLIC_EXPONENT, input)
                      .build());
              return generator.generateKeyPair();
            }));
  }

  private static RSAPrivateCrtKeySpec specification(List<BigInteger> parts) {
    return new RSAPrivateCrtKeySpec(
        parts.get(0), parts.get(1), parts.get(2), parts.get(3), parts.get(4), parts.get(5), parts.get(6), parts.get(7));
  }

  private void ecParts() throws Exception {
    ECPrivateKey key = (ECPrivateKey) material.softwareEc.getPrivate();
    ECPoint point = ((ECPublicKey) material.softwareEc.getPublic()).getW();
    KeyAttributesMap own = new KeyAttributesMap();
    own.put(KeyAttribute.EC_PARAMS, EcParams.EC_CURVE_PRIME256);
    own.put(KeyAttribute.VALUE, key.getS().toByteArray());
    KeyAttributesMap theirs = new KeyAttributesMap();
    theirs.put(KeyAttribute.EC_PARAMS, EcParams.EC_CURVE_PRIME256);
    theirs.put(KeyAttribute.EC_POINT, point);
    List<byte[]> curves = List.of(EcParams.EC_CURVE_PRIME256, EcParams.EC_CURVE_PRIME521, EcParams.EC_CURVE_ED25519);
    targets.add(
        Target.of("VALUE of an EC private key", List.of(key.getS().toByteArray()), SPEC,
            input -> factory("EC").generatePrivate(with(own, KeyAttribute.VALUE, input))));
    targets.add(
        Target.of("EC_PARAMS of an EC private key", curves, SPEC,
            input -> factory("EC").generatePrivate(with(own, KeyAttribute.EC_PARAMS, input))));
    targets.add(
        Target.of("EC_PARAMS of an EC public key", curves, SPEC,
            input -> factory("EC").generatePublic(with(theirs, KeyAttribute.EC_PARAMS, input))));
    targets.add(
        Target.of("EC_POINT of an EC public key as bytes", List.of(Material.bytes(65)), SPEC,
            input -> factory("EC").generatePublic(with(theirs, KeyAttribute.EC_POINT, input))));
    targets.add(
        Target.of("coordinate of an EC public key", List.of(point.getAffineX().toByteArray()), SPEC,
            input -> {
              KeyAttributesMap attributes = new KeyAttributesMap(theirs);
              attributes.put(KeyAttribute.EC_POINT, new ECPoint(number(input), point.getAffineY()));
              return factory("EC").generatePublic(attributes);
            }));
    targets.add(
        Target.of("coordinate in an ECPublicKeySpec", List.of(point.getAffineX().toByteArray()), SPEC,
            input ->
                factory("EC")
                    .generatePublic(
                        new ECPublicKeySpec(new ECPoint(number(input), point.getAffineY()), key.getParams()))));
    targets.add(
        Target.of("scalar in an ECPrivateKeySpec", List.of(key.getS().toByteArray()), SPEC,
            input -> factory("EC").generatePrivate(new ECPrivateKeySpec(number(input), key.getParams()))));
    targets.add(
        Target.of("EC_POINT of an Ed25519 public key",
            List.of(material.softwareEd25519.getPublic().getEncoded()), SPEC,
            input -> factory("Ed25519").generatePublic(with(new KeyAttributesMap(), KeyAttribute.EC_POINT, input))));
    targets.add(
        Target.of("EC_PARAMS to generate an EC pair with", curves,
            GENERATION,
            input -> {
              KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", material.provider);
              generator.initialize(
                  new KeyPairAttributesMapBuilder().withPublic(KeyAttribute.EC_PARAMS, input).build());
              return generator.generateKeyPair();
            }));
  }

  private void secrets() {
    for (String algorithm : List.of("AES", "DESede", "GenericSecret", "HmacSHA1", "HmacSHA256", "HmacSHA512")) {
      List<byte[]> valid = List.of(Material.bytes(algorithm.equals("DESede") ? 24 : 32));
      targets.add(
          Target.of("VALUE for " + algorithm, valid, SPEC,
              input ->
                  SecretKeyFactory.getInstance(algorithm, material.provider)
                      .generateSecret(with(new KeyAttributesMap(), KeyAttribute.VALUE, input))));
      targets.add(
          Target.of("SecretKeySpec for " + algorithm, valid, SPEC,
              input ->
                  SecretKeyFactory.getInstance(algorithm, material.provider)
                      .generateSecret(specification(input, algorithm))));
      targets.add(
          Target.of("secret key to translate for " + algorithm, valid, KEY,
              input ->
                  SecretKeyFactory.getInstance(algorithm, material.provider)
                      .translateKey(specification(input, algorithm))));
    }
    for (String algorithm : List.of("HmacSHA256", "AESCMAC")) {
      targets.add(
          Target.of("secret key given to " + algorithm, List.of(Material.bytes(16)), KEY,
              input -> {
                Mac mac = Mac.getInstance(algorithm, material.provider);
                mac.init(specification(input, algorithm.equals("AESCMAC") ? "AES" : algorithm));
                return null;
              }));
    }
  }

  static KeyAttributesMap with(KeyAttributesMap map, KeyAttribute attribute, byte[] value) throws Exception {
    KeyAttributesMap changed = new KeyAttributesMap(map);
    changed.put(attribute, value);
    return changed;
  }

  private static BigInteger number(byte[] input) {
    return input.length == 0 ? BigInteger.ZERO : new BigInteger(input);
  }

  /** SecretKeySpec refuses to be empty. */
  private static SecretKeySpec specification(byte[] input, String algorithm) {
    return new SecretKeySpec(input.length == 0 ? new byte[1] : input, algorithm);
  }

  private KeyFactory factory(String algorithm) throws Exception {
    return KeyFactory.getInstance(algorithm, material.provider);
  }
}
