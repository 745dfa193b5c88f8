package io.hsmbridge.spi;

import static io.hsmbridge.engine.Mechanisms.EC_EDWARDS_KEY_PAIR_GEN;
import static io.hsmbridge.engine.Mechanisms.EC_KEY_PAIR_GEN;
import static io.hsmbridge.engine.Mechanisms.ML_DSA_KEY_PAIR_GEN;
import static io.hsmbridge.engine.Mechanisms.RSA_PKCS_KEY_PAIR_GEN;
import static io.hsmbridge.spi.ServiceRow.row;

import io.hsmbridge.key.MldsaSet;
import java.util.List;
import java.util.function.Supplier;

/** Rows of the services that make, convert and keep keys. */
final class KeyServices {

  private static final String[] RSA_NAMES = {"1.2.840.113549.1.1", "1.2.840.113549.1.1.1"};
  private static final String[] EC_NAMES = {"EllipticCurve", "1.2.840.10045.2.1"};
  private static final String[] ED25519_NAMES = {"EdDSA", "1.3.101.112"};

  static final List<ServiceRow> ROWS =
      List.of(
          secret("KeyGenerator", SecretAlgorithm.AES, "2.16.840.1.101.3.4.1"),
          secret("KeyGenerator", SecretAlgorithm.DESEDE, "TripleDES"),
          secret("KeyGenerator", SecretAlgorithm.GENERIC_SECRET),
          secret("KeyGenerator", SecretAlgorithm.HMAC_SHA1, "1.2.840.113549.2.7"),
          secret("KeyGenerator", SecretAlgorithm.HMAC_SHA224, "1.2.840.113549.2.8"),
          secret("KeyGenerator", SecretAlgorithm.HMAC_SHA256, "1.2.840.113549.2.9"),
          secret("KeyGenerator", SecretAlgorithm.HMAC_SHA384, "1.2.840.113549.2.10"),
          secret("KeyGenerator", SecretAlgorithm.HMAC_SHA512, "1.2.840.113549.2.11"),

          row("KeyPairGenerator", "RSA", RSA_PKCS_KEY_PAIR_GEN, RsaKeyPairGenerator::new, RSA_NAMES),
          row("KeyPairGenerator", "EC", EC_KEY_PAIR_GEN, EcKeyPairGenerator::new, EC_NAMES),
          row("KeyPairGenerator", "Ed25519", EC_EDWARDS_KEY_PAIR_GEN, Ed25519KeyPairGenerator::new, ED25519_NAMES),
          row("KeyPairGenerator", "ML-DSA", ML_DSA_KEY_PAIR_GEN, MldsaKeyPairGenerator::any),
          mldsaPair(MldsaSet.ML_DSA_44),
          mldsaPair(MldsaSet.ML_DSA_65),
          mldsaPair(MldsaSet.ML_DSA_87),

          secret("SecretKeyFactory", SecretAlgorithm.AES, "2.16.840.1.101.3.4.1"),
          secret("SecretKeyFactory", SecretAlgorithm.DESEDE, "TripleDES"),
          secret("SecretKeyFactory", SecretAlgorithm.GENERIC_SECRET),
          secret("SecretKeyFactory", SecretAlgorithm.HMAC_SHA1),
          secret("SecretKeyFactory", SecretAlgorithm.HMAC_SHA224),
          secret("SecretKeyFactory", SecretAlgorithm.HMAC_SHA256),
          secret("SecretKeyFactory", SecretAlgorithm.HMAC_SHA384),
          secret("SecretKeyFactory", SecretAlgorithm.HMAC_SHA512),

          factory("RSA", RsaParts::new, RSA_NAMES),
          factory("EC", EcParts::new, EC_NAMES),
          factory("Ed25519", KeyParts::edwards, ED25519_NAMES),
          factory("ML-DSA", KeyParts::mldsa),
          factory(MldsaSet.ML_DSA_44.standardName(), KeyParts::mldsa, MldsaSet.ML_DSA_44.oid()),
          factory(MldsaSet.ML_DSA_65.standardName(), KeyParts::mldsa, MldsaSet.ML_DSA_65.oid()),
          factory(MldsaSet.ML_DSA_87.standardName(), KeyParts::mldsa, MldsaSet.ML_DSA_87.oid()),

          row("KeyStore", "CloudHSM", 0, (connection, none) -> new HsmKeyStoreSpi(connection)));

  private KeyServices() {}

  private static ServiceRow secret(String type, SecretAlgorithm algorithm, String... aliases) {
    return row(type, algorithm.standardName(), algorithm.generation(),
        (connection, number) -> type.equals("KeyGenerator")
            ? new HsmKeyGenerator(connection, algorithm)
            : new HsmSecretKeyFactory(connection, algorithm),
        aliases);
  }

  private static ServiceRow mldsaPair(MldsaSet set) {
    return row("KeyPairGenerator", set.standardName(), ML_DSA_KEY_PAIR_GEN,
        (connection, number) -> MldsaKeyPairGenerator.of(set, connection, number), set.oid());
  }

  private static ServiceRow factory(String algorithm, Supplier<KeyParts> parts, String... aliases) {
    return row("KeyFactory", algorithm, 0, (connection, none) -> new HsmKeyFactory(connection, parts.get()), aliases);
  }
}
