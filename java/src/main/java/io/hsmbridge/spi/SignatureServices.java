package io.hsmbridge.spi;

import static io.hsmbridge.engine.Mechanisms.ECDSA;
import static io.hsmbridge.engine.Mechanisms.EDDSA;
import static io.hsmbridge.engine.Mechanisms.ML_DSA;
import static io.hsmbridge.engine.Mechanisms.ML_DSA_EXTERNAL_MU;
import static io.hsmbridge.engine.Mechanisms.RSA_PKCS;
import static io.hsmbridge.engine.Mechanisms.RSA_PKCS_PSS;

import io.hsmbridge.key.MldsaSet;
import java.util.List;
import java.util.function.Supplier;

/** Rows of the signature algorithms. */
final class SignatureServices {

  /** The longest digest that ECDSA signs as it is. */
  private static final int LONGEST_DIGEST = 64;

  static final List<ServiceRow> ROWS =
      List.of(
          rsa("NONEwithRSA", () -> RawInput.unlimited()),
          rsa("SHA1withRSA", () -> DigestInput.digestInfo(Hash.SHA1), "1.2.840.113549.1.1.5", "1.3.14.3.2.29"),
          rsa("SHA224withRSA", () -> DigestInput.digestInfo(Hash.SHA224), "1.2.840.113549.1.1.14"),
          rsa("SHA256withRSA", () -> DigestInput.digestInfo(Hash.SHA256), "1.2.840.113549.1.1.11"),
          rsa("SHA384withRSA", () -> DigestInput.digestInfo(Hash.SHA384), "1.2.840.113549.1.1.12"),
          rsa("SHA512withRSA", () -> DigestInput.digestInfo(Hash.SHA512), "1.2.840.113549.1.1.13"),

          signature("RSASSA-PSS", RSA_PKCS_PSS, PssScheme::withParameters, "1.2.840.113549.1.1.10"),
          pss("SHA1withRSA/PSS", Hash.SHA1),
          pss("SHA224withRSA/PSS", Hash.SHA224),
          pss("SHA256withRSA/PSS", Hash.SHA256),
          pss("SHA384withRSA/PSS", Hash.SHA384),
          pss("SHA512withRSA/PSS", Hash.SHA512),
          pss("SHA1withRSAandMGF1", Hash.SHA1),
          pss("SHA224withRSAandMGF1", Hash.SHA224),
          pss("SHA256withRSAandMGF1", Hash.SHA256),
          pss("SHA384withRSAandMGF1", Hash.SHA384),
          pss("SHA512withRSAandMGF1", Hash.SHA512),

          ecdsa("NONEwithECDSA", () -> RawInput.atMost(LONGEST_DIGEST)),
          ecdsa("SHA1withECDSA", () -> DigestInput.digest(Hash.SHA1), "1.2.840.10045.4.1"),
          ecdsa("SHA224withECDSA", () -> DigestInput.digest(Hash.SHA224), "1.2.840.10045.4.3.1"),
          ecdsa("SHA256withECDSA", () -> DigestInput.digest(Hash.SHA256), "1.2.840.10045.4.3.2"),
          ecdsa("SHA384withECDSA", () -> DigestInput.digest(Hash.SHA384), "1.2.840.10045.4.3.3"),
          ecdsa("SHA512withECDSA", () -> DigestInput.digest(Hash.SHA512), "1.2.840.10045.4.3.4"),
          p1363("NONEwithECDSAinP1363Format", () -> RawInput.atMost(LONGEST_DIGEST)),
          p1363("SHA1withECDSAinP1363Format", () -> DigestInput.digest(Hash.SHA1)),
          p1363("SHA224withECDSAinP1363Format", () -> DigestInput.digest(Hash.SHA224)),
          p1363("SHA256withECDSAinP1363Format", () -> DigestInput.digest(Hash.SHA256)),
          p1363("SHA384withECDSAinP1363Format", () -> DigestInput.digest(Hash.SHA384)),
          p1363("SHA512withECDSAinP1363Format", () -> DigestInput.digest(Hash.SHA512)),

          signature("Ed25519", EDDSA, () -> new EddsaScheme(false), "1.3.101.112", "EdDSA"),
          signature("Ed25519ph", EDDSA, () -> new EddsaScheme(true)),

          signature("ML-DSA", ML_DSA, MldsaScheme::any),
          mldsa(MldsaSet.ML_DSA_44),
          mldsa(MldsaSet.ML_DSA_65),
          mldsa(MldsaSet.ML_DSA_87),
          signature("ML-DSA-EXTERNAL-MU", ML_DSA_EXTERNAL_MU, MldsaScheme::externalMu));

  private SignatureServices() {}

  private static ServiceRow rsa(String algorithm, Supplier<SignatureInput> input, String... aliases) {
    return signature(algorithm, RSA_PKCS, () -> new SignatureScheme.Plain(input.get(), "RSA"), aliases);
  }

  private static ServiceRow pss(String algorithm, Hash hash) {
    return signature(algorithm, RSA_PKCS_PSS, () -> PssScheme.of(hash));
  }

  private static ServiceRow ecdsa(String algorithm, Supplier<SignatureInput> input, String... aliases) {
    return signature(algorithm, ECDSA, () -> EcdsaScheme.der(input.get()), aliases);
  }

  private static ServiceRow p1363(String algorithm, Supplier<SignatureInput> input) {
    return signature(algorithm, ECDSA, () -> EcdsaScheme.p1363(input.get()));
  }

  private static ServiceRow mldsa(MldsaSet set) {
    return signature(set.standardName(), ML_DSA, () -> MldsaScheme.of(set), set.oid());
  }

  private static ServiceRow signature(
      String algorithm, long mechanism, Supplier<SignatureScheme> scheme, String... aliases) {
    return ServiceRow.row("Signature", algorithm, mechanism,
        (connection, number) -> new HsmSignature(connection, number, scheme.get()), aliases);
  }
}
