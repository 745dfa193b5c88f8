package io.hsmbridge.spi;

import io.hsmbridge.engine.OwnProvider;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.Provider;
import java.security.ProviderException;
import java.security.SecureRandom;
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

  /** Fills an array with random bytes. */
  static void nextBytes(byte[] bytes) {
    Random.SOURCE.nextBytes(bytes);
  }

  /** Made when it is first needed: whoever asks is about to speak TLS. */
  private static final class Random {

    static final SecureRandom SOURCE = source();

    private static SecureRandom source() {
      for (Provider provider : Security.getProviders()) {
        for (Provider.Service service : provider.getServices()) {
          if (!(provider instanceof OwnProvider) && service.getType().equals("SecureRandom")) {
            return of(service);
          }
        }
      }
      throw new ProviderException("No provider of this JVM has random numbers in software.");
    }

    private static SecureRandom of(Provider.Service service) {
      try {
        return SecureRandom.getInstance(service.getAlgorithm(), service.getProvider());
      } catch (NoSuchAlgorithmException e) {
        throw new ProviderException(e);
      }
    }
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
