package io.hsmbridge.spi;

import static io.hsmbridge.engine.Mechanisms.AES_CBC;
import static io.hsmbridge.engine.Mechanisms.AES_CBC_PAD;
import static io.hsmbridge.engine.Mechanisms.AES_CTR;
import static io.hsmbridge.engine.Mechanisms.AES_ECB;
import static io.hsmbridge.engine.Mechanisms.AES_ECB_PAD;
import static io.hsmbridge.engine.Mechanisms.CLOUDHSM_AES_GCM;
import static io.hsmbridge.engine.Mechanisms.CLOUDHSM_AES_KEY_WRAP_NO_PAD;
import static io.hsmbridge.engine.Mechanisms.CLOUDHSM_AES_KEY_WRAP_PKCS5_PAD;
import static io.hsmbridge.engine.Mechanisms.CLOUDHSM_AES_KEY_WRAP_ZERO_PAD;
import static io.hsmbridge.engine.Mechanisms.DES3_CBC;
import static io.hsmbridge.engine.Mechanisms.DES3_CBC_PAD;
import static io.hsmbridge.engine.Mechanisms.DES3_ECB;
import static io.hsmbridge.engine.Mechanisms.DES3_ECB_PAD;
import static io.hsmbridge.engine.Mechanisms.RSA_AES_KEY_WRAP;
import static io.hsmbridge.engine.Mechanisms.RSA_PKCS;
import static io.hsmbridge.engine.Mechanisms.RSA_PKCS_OAEP;
import static io.hsmbridge.engine.Mechanisms.RSA_X_509;

import io.hsmbridge.connection.Connection;
import java.util.List;
import java.util.Set;

/**
 * Rows of the ciphers: every transformation is a service of its own, because {@code AES} alone would promise modes that
 * the HSM does not have. Source: the AWS CloudHSM user guide, page "java-lib-supported_5".
 */
final class CipherServices {

  static final List<ServiceRow> ROWS =
      List.of(
          block("AES/CBC/NoPadding", BlockMode.CBC, AES_CBC, AES_CBC, Transformation.DATA_AND_UNWRAP),
          block("AES/CBC/PKCS5Padding", BlockMode.CBC, AES_CBC, AES_CBC_PAD, Transformation.DATA),
          block("AES/ECB/NoPadding", BlockMode.ECB, AES_ECB, AES_ECB, Transformation.DATA),
          block("AES/ECB/PKCS5Padding", BlockMode.ECB, AES_ECB, AES_ECB_PAD, Transformation.DATA),
          block("AES/CTR/NoPadding", BlockMode.CTR, AES_CTR, AES_CTR, Transformation.DATA),
          cipher("AES/GCM/NoPadding", "AES", CLOUDHSM_AES_GCM, Transformation.ALL,
              (connection, transformation, mechanism) -> new GcmCipher(connection, transformation)),

          block("DESede/CBC/NoPadding", BlockMode.CBC, DES3_CBC, DES3_CBC, Transformation.DATA),
          block("DESede/CBC/PKCS5Padding", BlockMode.CBC, DES3_CBC, DES3_CBC_PAD, Transformation.DATA),
          block("DESede/ECB/NoPadding", BlockMode.ECB, DES3_ECB, DES3_ECB, Transformation.DATA),
          block("DESede/ECB/PKCS5Padding", BlockMode.ECB, DES3_ECB, DES3_ECB_PAD, Transformation.DATA),

          cipher("AESWrap/ECB/NoPadding", "AES", CLOUDHSM_AES_KEY_WRAP_NO_PAD, Transformation.KEYS,
              AesWrapCipher::new),
          cipher("AESWrap/ECB/PKCS5Padding", "AES", CLOUDHSM_AES_KEY_WRAP_PKCS5_PAD, Transformation.KEYS,
              AesWrapCipher::new),
          cipher("AESWrap/ECB/ZeroPadding", "AES", CLOUDHSM_AES_KEY_WRAP_ZERO_PAD, Transformation.KEYS,
              AesWrapCipher::new),

          cipher("RSA/ECB/NoPadding", "RSA", RSA_X_509, Transformation.DATA, RsaCipher::new),
          cipher("RSA/ECB/PKCS1Padding", "RSA", RSA_PKCS, Transformation.ALL, RsaCipher::new),
          rsa("RSA/ECB/OAEPPadding", Hash.SHA1),
          rsa("RSA/ECB/OAEPWithSHA-1ANDMGF1Padding", Hash.SHA1),
          rsa("RSA/ECB/OAEPWithSHA-224ANDMGF1Padding", Hash.SHA224),
          rsa("RSA/ECB/OAEPWithSHA-256ANDMGF1Padding", Hash.SHA256),
          rsa("RSA/ECB/OAEPWithSHA-384ANDMGF1Padding", Hash.SHA384),
          rsa("RSA/ECB/OAEPWithSHA-512ANDMGF1Padding", Hash.SHA512),

          rsa("RSAAESWrap/ECB/OAEPPadding", Hash.SHA1),
          rsa("RSAAESWrap/ECB/OAEPWithSHA-1ANDMGF1Padding", Hash.SHA1),
          rsa("RSAAESWrap/ECB/OAEPWithSHA-224ANDMGF1Padding", Hash.SHA224),
          rsa("RSAAESWrap/ECB/OAEPWithSHA-256ANDMGF1Padding", Hash.SHA256),
          rsa("RSAAESWrap/ECB/OAEPWithSHA-384ANDMGF1Padding", Hash.SHA384),
          rsa("RSAAESWrap/ECB/OAEPWithSHA-512ANDMGF1Padding", Hash.SHA512));

  /** Makes a cipher for one transformation. */
  private interface Factory {
    HsmCipher create(Connection connection, Transformation transformation, long mechanism);
  }

  private CipherServices() {}

  private static ServiceRow block(
      String name, BlockMode mode, long mechanism, long finalMechanism, Set<Integer> modes) {
    String algorithm = name.substring(0, name.indexOf('/'));
    int blockSize = algorithm.equals("AES") ? 16 : 8;
    return cipher(name, algorithm, mechanism, modes,
        (connection, transformation, number) ->
            new BlockCipher(connection, transformation, mode, blockSize, number, finalMechanism));
  }

  /** The hash is also spelt without its hyphen, as in SunJCE. */
  private static ServiceRow rsa(String name, Hash hash) {
    boolean wraps = name.startsWith("RSAAESWrap");
    boolean anyHash = name.endsWith("OAEPPadding");
    Oaep standard = Oaep.of(hash);
    String[] aliases = anyHash ? new String[0] : new String[] {name.replace("SHA-", "SHA")};
    return cipher(name, "RSA", wraps ? RSA_AES_KEY_WRAP : RSA_PKCS_OAEP,
        wraps ? Transformation.KEYS : Transformation.ALL,
        (connection, transformation, number) ->
            new RsaCipher(connection, transformation, number, standard, anyHash),
        aliases);
  }

  private static ServiceRow cipher(
      String name, String keyAlgorithm, long mechanism, Set<Integer> modes, Factory factory, String... aliases) {
    Transformation transformation = new Transformation(name, keyAlgorithm, modes);
    return ServiceRow.row("Cipher", name, mechanism,
        (connection, number) -> factory.create(connection, transformation, number), aliases);
  }
}
