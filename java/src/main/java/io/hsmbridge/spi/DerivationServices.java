package io.hsmbridge.spi;

import static io.hsmbridge.engine.Mechanisms.AES_CMAC;
import static io.hsmbridge.engine.Mechanisms.ECDH1_DERIVE;
import static io.hsmbridge.engine.Mechanisms.KDF_NULL;
import static io.hsmbridge.engine.Mechanisms.KDF_SHA1;
import static io.hsmbridge.engine.Mechanisms.KDF_SHA224;
import static io.hsmbridge.engine.Mechanisms.KDF_SHA256;
import static io.hsmbridge.engine.Mechanisms.KDF_SHA384;
import static io.hsmbridge.engine.Mechanisms.KDF_SHA512;
import static io.hsmbridge.spi.ServiceRow.row;

import java.util.List;
import java.util.Map;

/** Rows of the services that turn secrets or data into others: codes, agreements, digests, random bytes. */
final class DerivationServices {

  static final List<ServiceRow> ROWS =
      List.of(
          hmac("HmacSHA1", Hash.SHA1, "1.2.840.113549.2.7"),
          hmac("HmacSHA224", Hash.SHA224, "1.2.840.113549.2.8"),
          hmac("HmacSHA256", Hash.SHA256, "1.2.840.113549.2.9"),
          hmac("HmacSHA384", Hash.SHA384, "1.2.840.113549.2.10"),
          hmac("HmacSHA512", Hash.SHA512, "1.2.840.113549.2.11"),
          row("Mac", "AESCMAC", AES_CMAC, HsmMac::cmac, "AES-CMAC"),

          agreement("ECDH", KDF_NULL),
          agreement("ECDHwithX963SHA1KDF", KDF_SHA1),
          agreement("ECDHwithX963SHA224KDF", KDF_SHA224),
          agreement("ECDHwithX963SHA256KDF", KDF_SHA256),
          agreement("ECDHwithX963SHA384KDF", KDF_SHA384),
          agreement("ECDHwithX963SHA512KDF", KDF_SHA512),

          digest(Hash.SHA1, "SHA", "SHA1", "1.3.14.3.2.26"),
          digest(Hash.SHA224, "SHA224", "2.16.840.1.101.3.4.2.4"),
          digest(Hash.SHA256, "SHA256", "2.16.840.1.101.3.4.2.1"),
          digest(Hash.SHA384, "SHA384", "2.16.840.1.101.3.4.2.2"),
          digest(Hash.SHA512, "SHA512", "2.16.840.1.101.3.4.2.3"),

          row("SecureRandom", "AES-CTR-DRBG", 0, (connection, none) -> new HsmSecureRandom(connection))
              .with(Map.of("ThreadSafe", "true")));

  private DerivationServices() {}

  private static ServiceRow hmac(String algorithm, Hash hash, String oid) {
    return row("Mac", algorithm, hash.hmac(), (connection, number) -> HsmMac.hmac(connection, number, hash), oid);
  }

  private static ServiceRow agreement(String algorithm, long kdf) {
    return row("KeyAgreement", algorithm, ECDH1_DERIVE,
        (connection, number) -> new HsmKeyAgreement(connection, number, kdf));
  }

  private static ServiceRow digest(Hash hash, String... aliases) {
    return row("MessageDigest", hash.standardName(), hash.mechanism(),
        (connection, none) -> new HsmMessageDigest(hash), aliases);
  }
}
