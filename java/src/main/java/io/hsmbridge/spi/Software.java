package io.hsmbridge.spi;

import io.hsmbridge.engine.OwnProvider;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.Provider;
import java.security.Security;

/** Algorithms of the other providers of this JVM; asking for one never leads back to this provider. */
final class Software {

  private Software() {}

  static MessageDigest digest(String algorithm) throws NoSuchAlgorithmException {
    return MessageDigest.getInstance(algorithm, provider("MessageDigest", algorithm));
  }

  static KeyFactory keyFactory(String algorithm) throws NoSuchAlgorithmException {
    return KeyFactory.getInstance(algorithm, provider("KeyFactory", algorithm));
  }

  private static Provider provider(String type, String algorithm) throws NoSuchAlgorithmException {
    Provider[] found = Security.getProviders(type + "." + algorithm);
    for (Provider provider : found == null ? new Provider[0] : found) {
      if (!(provider instanceof OwnProvider)) {
        return provider;
      }
    }
    throw new NoSuchAlgorithmException("No provider of this JVM has the " + type + " " + algorithm + " in software.");
  }
}
