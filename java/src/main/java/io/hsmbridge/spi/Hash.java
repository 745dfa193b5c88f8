package io.hsmbridge.spi;

import io.hsmbridge.engine.Mechanisms;
import java.security.InvalidAlgorithmParameterException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.ProviderException;
import java.security.spec.MGF1ParameterSpec;
import java.util.Arrays;
import java.util.Optional;

/** Hash functions, computed in software, and what mechanisms of the HSM call them. */
enum Hash {
  SHA1("SHA-1", 20, Mechanisms.SHA_1, Mechanisms.SHA_1_HMAC, MGF1ParameterSpec.SHA1, 0x2b, 0x0e, 0x03, 0x02, 0x1a),
  SHA224("SHA-224", 28, Mechanisms.SHA224, Mechanisms.SHA224_HMAC, MGF1ParameterSpec.SHA224,
      0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x04),
  SHA256("SHA-256", 32, Mechanisms.SHA256, Mechanisms.SHA256_HMAC, MGF1ParameterSpec.SHA256,
      0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01),
  SHA384("SHA-384", 48, Mechanisms.SHA384, Mechanisms.SHA384_HMAC, MGF1ParameterSpec.SHA384,
      0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02),
  SHA512("SHA-512", 64, Mechanisms.SHA512, Mechanisms.SHA512_HMAC, MGF1ParameterSpec.SHA512,
      0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03);

  private final String standardName;
  private final int size;
  private final long mechanism;
  private final long hmac;
  private final MGF1ParameterSpec mgf1;
  private final byte[] digestInfoPrefix;

  Hash(String standardName, int size, long mechanism, long hmac, MGF1ParameterSpec mgf1, int... oid) {
    this.standardName = standardName;
    this.size = size;
    this.mechanism = mechanism;
    this.hmac = hmac;
    this.mgf1 = mgf1;
    byte[] prefix = new byte[oid.length + 10];
    prefix[0] = 0x30;
    prefix[1] = (byte) (oid.length + 8 + size);
    prefix[2] = 0x30;
    prefix[3] = (byte) (oid.length + 4);
    prefix[4] = 0x06;
    prefix[5] = (byte) oid.length;
    for (int i = 0; i < oid.length; i++) {
      prefix[6 + i] = (byte) oid[i];
    }
    prefix[oid.length + 6] = 0x05;
    prefix[oid.length + 8] = 0x04;
    prefix[oid.length + 9] = (byte) size;
    digestInfoPrefix = prefix;
  }

  /** Finds a hash by its name, with or without the hyphen, any case. */
  static Optional<Hash> ofName(String name) {
    return Arrays.stream(values())
        .filter(hash -> hash.standardName.equalsIgnoreCase(name) || hash.name().equalsIgnoreCase(name))
        .findFirst();
  }

  /**
   * Finds a hash that parameters name.
   *
   * @throws InvalidAlgorithmParameterException if the HSM has no such hash
   */
  static Hash required(String name) throws InvalidAlgorithmParameterException {
    return ofName(name)
        .orElseThrow(
            () ->
                new InvalidAlgorithmParameterException(
                    "The HSM has no hash " + name + ". It has SHA-1, SHA-224, SHA-256, SHA-384 and SHA-512."));
  }

  String standardName() {
    return standardName;
  }

  /** Length of a digest in bytes. */
  int size() {
    return size;
  }

  /** The {@code CKM_} number, as parameters of mechanisms name the hash. */
  long mechanism() {
    return mechanism;
  }

  /** The {@code CKM_} number of HMAC with the hash. */
  long hmac() {
    return hmac;
  }

  MGF1ParameterSpec mgf1() {
    return mgf1;
  }

  /** The DER that precedes a digest in a DigestInfo (RFC 8017, 9.2). */
  byte[] digestInfoPrefix() {
    return digestInfoPrefix.clone();
  }

  /** Makes a software digest, never one of this provider's own. */
  MessageDigest newDigest() {
    try {
      return Software.digest(standardName);
    } catch (NoSuchAlgorithmException e) {
      throw new ProviderException(e.getMessage(), e);
    }
  }
}
