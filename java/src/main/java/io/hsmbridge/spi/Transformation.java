package io.hsmbridge.spi;

import java.util.Set;
import javax.crypto.Cipher;

/** What a row of the table of ciphers says of every kind of cipher. */
final class Transformation {

  static final Set<Integer> DATA = Set.of(Cipher.ENCRYPT_MODE, Cipher.DECRYPT_MODE);
  static final Set<Integer> KEYS = Set.of(Cipher.WRAP_MODE, Cipher.UNWRAP_MODE);
  static final Set<Integer> DATA_AND_UNWRAP = Set.of(Cipher.ENCRYPT_MODE, Cipher.DECRYPT_MODE, Cipher.UNWRAP_MODE);
  static final Set<Integer> ALL =
      Set.of(Cipher.ENCRYPT_MODE, Cipher.DECRYPT_MODE, Cipher.WRAP_MODE, Cipher.UNWRAP_MODE);

  /** Such as {@code AES/CBC/NoPadding}. */
  final String name;

  /** The algorithm of its keys. */
  final String keyAlgorithm;

  /** The {@link Cipher} modes that it has. */
  final Set<Integer> modes;

  Transformation(String name, String keyAlgorithm, Set<Integer> modes) {
    this.name = name;
    this.keyAlgorithm = keyAlgorithm;
    this.modes = modes;
  }

  /** Tells whether keys of an algorithm fit; three DES keys have two names. */
  boolean hasKeysFor(String algorithm) {
    return keyAlgorithm.equalsIgnoreCase(algorithm)
        || keyAlgorithm.equals("DESede") && "TripleDES".equalsIgnoreCase(algorithm);
  }

  /** Refuses a mode that the cipher lacks, with the exception that {@link Cipher#init} documents for it. */
  void requireMode(int mode) {
    if (!modes.contains(mode)) {
      throw new UnsupportedOperationException(
          name + " does not " + verb(mode) + "; it can "
              + modes.stream().sorted().map(Transformation::verb).reduce((a, b) -> a + " and " + b).orElseThrow()
              + ".");
    }
  }

  private static String verb(int mode) {
    switch (mode) {
      case Cipher.ENCRYPT_MODE:
        return "encrypt";
      case Cipher.DECRYPT_MODE:
        return "decrypt";
      case Cipher.WRAP_MODE:
        return "wrap keys";
      default:
        return "unwrap keys";
    }
  }
}
