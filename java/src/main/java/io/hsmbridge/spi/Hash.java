package io.hsmbridge.spi;

import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.Provider;
import java.security.ProviderException;
import java.security.Security;

/** Hash functions, computed in software, with the DER that precedes a digest in a DigestInfo (RFC 8017, 9.2). */
enum Hash {
  SHA1("SHA-1", 20, 0x2b, 0x0e, 0x03, 0x02, 0x1a),
  SHA224("SHA-224", 28, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x04),
  SHA256("SHA-256", 32, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01),
  SHA384("SHA-384", 48, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02),
  SHA512("SHA-512", 64, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03);

  private final String standardName;
  private final byte[] digestInfoPrefix;

  Hash(String standardName, int size, int... oid) {
    this.standardName = standardName;
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

  byte[] digestInfoPrefix() {
    return digestInfoPrefix.clone();
  }

  /** Makes a software digest, never one of this provider's own. */
  MessageDigest newDigest() {
    try {
      MessageDigest digest = MessageDigest.getInstance(standardName);
      if (!(digest.getProvider() instanceof CloudHsmProvider)) {
        return digest;
      }
      for (Provider provider : Security.getProviders("MessageDigest." + standardName)) {
        if (!(provider instanceof CloudHsmProvider)) {
          return MessageDigest.getInstance(standardName, provider);
        }
      }
    } catch (NoSuchAlgorithmException e) {
      throw new ProviderException("No provider computes " + standardName + " in software.", e);
    }
    throw new ProviderException("No provider computes " + standardName + " in software.");
  }
}
