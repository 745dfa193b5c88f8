package io.hsmbridge.spi;

import static io.hsmbridge.engine.Mechanisms.AES_KEY_GEN;
import static io.hsmbridge.engine.Mechanisms.ECDSA;
import static io.hsmbridge.engine.Mechanisms.EC_KEY_PAIR_GEN;
import static io.hsmbridge.engine.Mechanisms.RSA_PKCS;
import static io.hsmbridge.engine.Mechanisms.RSA_PKCS_KEY_PAIR_GEN;

import io.hsmbridge.engine.Connection;
import java.security.Provider;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** The table of all services: JCA name, mechanism, SPI, aliases. Adding an algorithm is adding a row. */
public final class Services {

  private static final List<ServiceRow> TABLE =
      List.of(
          row("KeyPairGenerator", "RSA", RSA_PKCS_KEY_PAIR_GEN, RsaKeyPairGenerator::new,
              "1.2.840.113549.1.1", "1.2.840.113549.1.1.1"),
          row("KeyPairGenerator", "EC", EC_KEY_PAIR_GEN, EcKeyPairGenerator::new,
              "EllipticCurve", "1.2.840.10045.2.1"),
          row("KeyGenerator", "AES", AES_KEY_GEN, HsmKeyGenerator::new, "2.16.840.1.101.3.4.1"),

          rsa("NONEwithRSA", () -> RawInput.unlimited()),
          rsa("SHA1withRSA", () -> DigestInput.digestInfo(Hash.SHA1), "1.2.840.113549.1.1.5", "1.3.14.3.2.29"),
          rsa("SHA224withRSA", () -> DigestInput.digestInfo(Hash.SHA224), "1.2.840.113549.1.1.14"),
          rsa("SHA256withRSA", () -> DigestInput.digestInfo(Hash.SHA256), "1.2.840.113549.1.1.11"),
          rsa("SHA384withRSA", () -> DigestInput.digestInfo(Hash.SHA384), "1.2.840.113549.1.1.12"),
          rsa("SHA512withRSA", () -> DigestInput.digestInfo(Hash.SHA512), "1.2.840.113549.1.1.13"),

          ecdsa("NONEwithECDSA", () -> RawInput.atMost(64)),
          ecdsa("SHA1withECDSA", () -> DigestInput.digest(Hash.SHA1), "1.2.840.10045.4.1"),
          ecdsa("SHA224withECDSA", () -> DigestInput.digest(Hash.SHA224), "1.2.840.10045.4.3.1"),
          ecdsa("SHA256withECDSA", () -> DigestInput.digest(Hash.SHA256), "1.2.840.10045.4.3.2"),
          ecdsa("SHA384withECDSA", () -> DigestInput.digest(Hash.SHA384), "1.2.840.10045.4.3.3"),
          ecdsa("SHA512withECDSA", () -> DigestInput.digest(Hash.SHA512), "1.2.840.10045.4.3.4"),

          row("KeyStore", "CloudHSM", 0, (connection, none) -> new HsmKeyStoreSpi(connection)));

  private Services() {}

  /**
   * Makes the services of a provider.
   *
   * @param provider the provider
   * @param connection its session with the HSM
   * @return one service for each row
   */
  public static Stream<Provider.Service> of(Provider provider, Connection connection) {
    return TABLE.stream().map(row -> new ProviderService(provider, connection, row));
  }

  private static ServiceRow rsa(String algorithm, Supplier<SignatureInput> input, String... aliases) {
    return signature(algorithm, RSA_PKCS, "RSA", input, aliases);
  }

  private static ServiceRow ecdsa(String algorithm, Supplier<SignatureInput> input, String... aliases) {
    return signature(algorithm, ECDSA, "EC", input, aliases);
  }

  private static ServiceRow signature(
      String algorithm, long mechanism, String keyAlgorithm, Supplier<SignatureInput> input, String... aliases) {
    return row("Signature", algorithm, mechanism,
        (connection, number) -> new HsmSignature(connection, number, keyAlgorithm, input.get()), aliases);
  }

  private static ServiceRow row(
      String type, String algorithm, long mechanism, ServiceRow.Factory factory, String... aliases) {
    return new ServiceRow(type, algorithm, mechanism, factory, aliases);
  }
}
