package io.hsmbridge.speed;

import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.Provider;
import java.security.Security;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.RSAKeyGenParameterSpec;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import javax.crypto.Cipher;
import javax.crypto.KeyGenerator;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** A provider, or several that stand for one, and keys in it that are made once. */
final class Contender {

  private static final int TAG_BITS = 128;

  private final String name;
  private final Provider[] providers;
  private final Map<String, KeyPair> pairs = new HashMap<>();
  private final Map<String, Key> secrets = new HashMap<>();
  private final AtomicLong invocations = new AtomicLong();

  private Contender(String name, Provider... providers) {
    this.name = name;
    this.providers = providers;
  }

  /** Makes a contender; the PIN of SoftHSM2's token is in the environment, as are hsmbridge's credentials. */
  static Contender named(String name, String configuration) throws Exception {
    switch (name) {
      case "hsmbridge":
        Provider hosted = Security.getProvider("CloudHSM");
        return new Contender(name, hosted == null ? new CloudHsmProvider() : hosted);
      case "softhsm2":
        Provider softhsm = Security.getProvider("SunPKCS11").configure(configuration);
        // Loading the token as a keystore is the way to log in without a callback.
        KeyStore.getInstance("PKCS11", softhsm).load(null, System.getenv("SOFTHSM2_PIN").toCharArray());
        return new Contender(name, softhsm);
      case "jdk":
        return new Contender(
            name, Security.getProvider("SunEC"), Security.getProvider("SunRsaSign"), Security.getProvider("SunJCE"));
      default:
        throw new IllegalArgumentException("There is no contender " + name + ".");
    }
  }

  /** Returns the provider that has a service. */
  Provider provider(String type, String algorithm) throws GeneralSecurityException {
    for (Provider provider : providers) {
      if (provider.getService(type, algorithm) != null) {
        return provider;
      }
    }
    throw new GeneralSecurityException(name + " has no " + type + " " + algorithm + ".");
  }

  /** Returns the key pair that all threads use. */
  synchronized KeyPair pair(String algorithm) throws GeneralSecurityException {
    KeyPair pair = pairs.get(algorithm);
    if (pair == null) {
      pair = pairGenerator(algorithm).generateKeyPair();
      pairs.put(algorithm, pair);
    }
    return pair;
  }

  KeyPairGenerator pairGenerator(String algorithm) throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm, provider("KeyPairGenerator", algorithm));
    AlgorithmParameterSpec parameters =
        algorithm.equals("RSA")
            ? new RSAKeyGenParameterSpec(2048, RSAKeyGenParameterSpec.F4)
            : new ECGenParameterSpec("secp256r1");
    generator.initialize(parameters);
    return generator;
  }

  /** Returns the secret key of 256 bits that all threads use. */
  synchronized Key secret(String algorithm) throws GeneralSecurityException {
    Key key = secrets.get(algorithm);
    if (key == null) {
      key = newSecret(algorithm);
      secrets.put(algorithm, key);
    }
    return key;
  }

  private Key newSecret(String algorithm) throws GeneralSecurityException {
    if (algorithm.equals("AES")) {
      return secretGenerator().generateKey();
    }
    if (!name.equals("hsmbridge")) {
      // SunPKCS11 takes the key to the token when it is first used.
      return new SecretKeySpec(new byte[32], "HmacSHA256");
    }
    KeyGenerator generator = KeyGenerator.getInstance("GenericSecret", provider("KeyGenerator", "GenericSecret"));
    generator.init(256);
    return generator.generateKey();
  }

  KeyGenerator secretGenerator() throws GeneralSecurityException {
    KeyGenerator generator = KeyGenerator.getInstance("AES", provider("KeyGenerator", "AES"));
    generator.init(256);
    return generator;
  }

  Mac mac() throws GeneralSecurityException {
    Mac mac = Mac.getInstance("HmacSHA256", provider("Mac", "HmacSHA256"));
    mac.init((SecretKey) secret("GenericSecret"));
    return mac;
  }

  Cipher cipher(String transformation) throws GeneralSecurityException {
    for (Provider provider : providers) {
      if (provider.getService("Cipher", transformation) != null || provider.getService("Cipher", "AES") != null) {
        return Cipher.getInstance(transformation, provider);
      }
    }
    throw new GeneralSecurityException(name + " has no Cipher " + transformation + ".");
  }

  /** Begins an encryption with an IV that was never used: the HSM makes its own, others are given a counter. */
  void initGcm(Cipher cipher) throws GeneralSecurityException {
    Key key = secret("AES");
    if (name.equals("hsmbridge")) {
      cipher.init(Cipher.ENCRYPT_MODE, key);
      return;
    }
    byte[] iv = new byte[12];
    long number = invocations.incrementAndGet();
    for (int i = 0; i < Long.BYTES; i++) {
      iv[i] = (byte) (number >>> (Byte.SIZE * i));
    }
    cipher.init(Cipher.ENCRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, iv));
  }

  /** Ends a key that was generated for nothing but the measurement; other providers leave theirs to the collector. */
  void discard(Key key) throws Exception {
    if (name.equals("hsmbridge")) {
      ((javax.security.auth.Destroyable) key).destroy();
    }
  }
}
