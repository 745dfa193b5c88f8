package io.hsmbridge.speed;

import java.io.OutputStream;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.Signature;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import javax.crypto.Cipher;
import javax.crypto.CipherOutputStream;
import javax.crypto.KeyGenerator;
import javax.crypto.Mac;
import javax.crypto.spec.IvParameterSpec;

/** The operations as programs do them with JCA: one row each. */
final class Works {

  private static final int BUFFER = 1 << 16;

  /** Makes the work of one thread. */
  @FunctionalInterface
  private interface Maker {
    Work make(Contender contender, int size) throws Exception;
  }

  private static final Map<String, Maker> MAKERS =
      Map.ofEntries(
          Map.entry("p256-sign", (contender, size) -> sign(contender, "EC", "SHA256withECDSA", size)),
          Map.entry("p256-verify", (contender, size) -> verify(contender, "EC", "SHA256withECDSA", size)),
          Map.entry("rsa2048-sign", (contender, size) -> sign(contender, "RSA", "SHA256withRSA", size)),
          Map.entry("rsa2048-verify", (contender, size) -> verify(contender, "RSA", "SHA256withRSA", size)),
          Map.entry("aes256-gcm", Works::gcm),
          Map.entry("aes256-cbc", (contender, size) -> stream(contender, "AES/CBC/PKCS5Padding", size)),
          Map.entry("aes256-ctr", (contender, size) -> stream(contender, "AES/CTR/NoPadding", size)),
          Map.entry("hmac-sha256", Works::hmac),
          Map.entry("p256-generate", (contender, size) -> generatePair(contender, "EC")),
          Map.entry("rsa2048-generate", (contender, size) -> generatePair(contender, "RSA")),
          Map.entry("aes256-generate", (contender, size) -> generate(contender)),
          Map.entry("find-label", Works::find));

  private Works() {}

  static Work make(String operation, Contender contender, int size) throws Exception {
    Maker maker = MAKERS.get(operation);
    if (maker == null) {
      throw new IllegalArgumentException("There is no operation " + operation + ".");
    }
    return maker.make(contender, size);
  }

  private static Signature signature(Contender contender, String algorithm) throws GeneralSecurityException {
    return Signature.getInstance(algorithm, contender.provider("Signature", algorithm));
  }

  private static Work sign(Contender contender, String key, String algorithm, int size) throws Exception {
    byte[] message = new byte[size];
    Signature signature = signature(contender, algorithm);
    signature.initSign(contender.pair(key).getPrivate());
    return () -> {
      signature.update(message);
      signature.sign();
    };
  }

  private static Work verify(Contender contender, String key, String algorithm, int size) throws Exception {
    byte[] message = new byte[size];
    Signature signature = signature(contender, algorithm);
    signature.initSign(contender.pair(key).getPrivate());
    signature.update(message);
    byte[] signed = signature.sign();
    signature.initVerify(contender.pair(key).getPublic());
    return () -> {
      signature.update(message);
      if (!signature.verify(signed)) {
        throw new GeneralSecurityException("A right signature was refused.");
      }
    };
  }

  private static Work gcm(Contender contender, int size) throws Exception {
    byte[] plaintext = new byte[size];
    Cipher cipher = contender.cipher("AES/GCM/NoPadding");
    return () -> {
      contender.initGcm(cipher);
      cipher.doFinal(plaintext);
    };
  }

  private static Work stream(Contender contender, String transformation, int size) throws Exception {
    byte[] buffer = new byte[BUFFER];
    Cipher cipher = contender.cipher(transformation);
    Key key = contender.secret("AES");
    return () -> {
      cipher.init(Cipher.ENCRYPT_MODE, key, new IvParameterSpec(new byte[16]));
      try (OutputStream output = new CipherOutputStream(OutputStream.nullOutputStream(), cipher)) {
        for (int left = size; left > 0; left -= BUFFER) {
          output.write(buffer, 0, Math.min(left, BUFFER));
        }
      }
    };
  }

  private static Work hmac(Contender contender, int size) throws Exception {
    byte[] message = new byte[size];
    Mac mac = contender.mac();
    return () -> mac.doFinal(message);
  }

  private static Work generatePair(Contender contender, String algorithm) throws Exception {
    KeyPairGenerator generator = contender.pairGenerator(algorithm);
    return () -> {
      KeyPair pair = generator.generateKeyPair();
      contender.discard(pair.getPrivate());
      contender.discard(pair.getPublic());
    };
  }

  private static Work generate(Contender contender) throws Exception {
    KeyGenerator generator = contender.secretGenerator();
    return () -> contender.discard(generator.generateKey());
  }

  /** The keys are there already, labelled with their numbers. */
  private static Work find(Contender contender, int size) throws Exception {
    KeyStore store = KeyStore.getInstance("CloudHSM", contender.provider("KeyStore", "CloudHSM"));
    store.load(null, null);
    return () -> {
      if (store.getKey("key-" + ThreadLocalRandom.current().nextInt(size), null) == null) {
        throw new GeneralSecurityException("A key that is there was not found.");
      }
    };
  }
}
