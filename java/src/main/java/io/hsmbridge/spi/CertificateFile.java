package io.hsmbridge.spi;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.KeyStoreException;
import java.security.NoSuchAlgorithmException;
import java.security.Provider;
import java.security.Security;
import java.security.UnrecoverableKeyException;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The certificates beside the HSM's keys, kept in a PKCS#12 file without any key.
 *
 * <p>The first certificate of alias L is filed under the hexadecimal UTF-8 of L, the rest of its chain under that name
 * with {@code .1}, {@code .2} and so on.
 */
final class CertificateFile {

  /** DER of the PKCS#7 type encryptedData, 1.2.840.113549.1.7.6. */
  private static final String ENCRYPTED_DATA = "\u0006\u0009\u002a\u0086\u0048\u0086\u00f7\r\u0001\u0007\u0006";

  /** DER of the PKCS#12 type keyBag, 1.2.840.113549.1.12.10.1.1: a key in clear, which the JDK passes over. */
  private static final String KEY_BAG = "\u0006\u000b\u002a\u0086\u0048\u0086\u00f7\r\u0001\u000c\n\u0001\u0001";

  private final Map<String, List<Certificate>> chains = new LinkedHashMap<>();
  private boolean unread;

  synchronized void clear() {
    chains.clear();
    unread = false;
  }

  synchronized void read(byte[] content, char[] password)
      throws IOException, NoSuchAlgorithmException, CertificateException {
    clear();
    KeyStore file = open(content, password);
    String raw = new String(content, StandardCharsets.ISO_8859_1);
    if (raw.contains(KEY_BAG)) {
      throw holdsKeys();
    }
    try {
      for (String name : new TreeSet<>(Collections.list(file.aliases()))) {
        if (file.isKeyEntry(name)) {
          throw holdsKeys();
        }
        if (!name.matches("[0-9a-f]+[.][0-9]+")) {
          chains.put(Hex.decode(name).orElse(name), chain(file, name));
        }
      }
    } catch (KeyStoreException e) {
      throw new IOException("The certificates cannot be read: " + e.getMessage(), e);
    }
    unread = password == null && raw.contains(ENCRYPTED_DATA);
  }

  private static IOException holdsKeys() {
    return new IOException(
        "This PKCS#12 file holds private keys, but a CloudHSM keystore holds certificates only. Move the keys into the"
            + " HSM with `hsmbridge import FILE`.");
  }

  private static List<Certificate> chain(KeyStore file, String name) throws KeyStoreException {
    List<Certificate> chain = new ArrayList<>();
    Certificate next = file.getCertificate(name);
    while (next != null) {
      chain.add(next);
      next = file.getCertificate(name + "." + chain.size());
    }
    return chain;
  }

  private static KeyStore open(byte[] content, char[] password)
      throws IOException, NoSuchAlgorithmException, CertificateException {
    String foreign = foreignFormat(content);
    if (foreign != null) {
      throw new IOException(
          "A CloudHSM keystore is a PKCS#12 file, but this is " + foreign
              + ". Name another file; `hsmbridge import FILE` moves the keys of a JKS, JCEKS, PKCS#12 or PEM file into"
              + " the HSM.");
    }
    KeyStore file = newFile();
    try {
      file.load(new ByteArrayInputStream(content), password);
      return file;
    } catch (IOException | RuntimeException e) {
      if (e.getCause() instanceof UnrecoverableKeyException) {
        throw new IOException(
            "keystore password was incorrect; it is the password that the keystore file was stored with, not the HSM"
                + " user's",
            e.getCause());
      }
      throw new IOException(
          "The keystore file is truncated, damaged or no PKCS#12 file (" + e
              + "). Take it from a backup, or begin a new one: the keys are in the HSM, only certificates are lost.",
          e);
    }
  }

  private static String foreignFormat(byte[] content) {
    String begin = new String(content, 0, Math.min(content.length, 64), StandardCharsets.ISO_8859_1);
    if (begin.isEmpty()) {
      return "an empty file";
    }
    if (begin.startsWith("\u00fe\u00ed\u00fe\u00ed")) {
      return "a JKS keystore";
    }
    if (begin.startsWith("\u00ce\u00ce\u00ce\u00ce")) {
      return "a JCEKS keystore";
    }
    if (begin.contains("-----BEGIN")) {
      return "a PEM file";
    }
    if (begin.chars().allMatch(c -> c >= ' ' && c <= '~' || c == '\n' || c == '\r' || c == '\t')) {
      return "a text file";
    }
    return begin.charAt(0) == 0x30 ? null : "a file of another format";
  }

  /** Prefers the JDK's own PKCS#12, the only one known to mark certificates as trusted. */
  private static KeyStore newFile() throws IOException {
    Provider jdk = Security.getProvider("SUN");
    boolean offered = jdk != null && jdk.getService("KeyStore", "PKCS12") != null;
    try {
      return offered ? KeyStore.getInstance("PKCS12", jdk) : KeyStore.getInstance("PKCS12");
    } catch (KeyStoreException e) {
      throw new IOException("This JVM has no PKCS12 keystore to keep certificates in.", e);
    }
  }

  /** Returns the file's content; with a null password it is neither encrypted nor protected, as the JDK's own. */
  synchronized byte[] write(char[] password) throws IOException, NoSuchAlgorithmException, CertificateException {
    if (unread) {
      throw new IOException(
          "The keystore was loaded without its password, so its certificates were not read and storing it would lose"
              + " them. Load it again with the password.");
    }
    KeyStore file = newFile();
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    try {
      file.load(null, null);
      for (Map.Entry<String, List<Certificate>> entry : chains.entrySet()) {
        String name = Hex.encode(entry.getKey());
        for (int i = 0; i < entry.getValue().size(); i++) {
          file.setCertificateEntry(i == 0 ? name : name + "." + i, entry.getValue().get(i));
        }
      }
      file.store(content, password);
    } catch (KeyStoreException e) {
      throw new IOException("The certificates cannot be written: " + e.getMessage(), e);
    }
    return content.toByteArray();
  }

  synchronized Set<String> aliases() {
    return new TreeSet<>(chains.keySet());
  }

  /** Returns the chain of an alias, empty if the file has none. */
  synchronized List<Certificate> chain(String alias) {
    return chains.getOrDefault(alias, List.of());
  }

  synchronized List<List<Certificate>> chains() {
    return new ArrayList<>(chains.values());
  }

  synchronized void put(String alias, Certificate... chain) {
    chains.put(alias, List.copyOf(Arrays.asList(chain)));
  }

  synchronized void remove(String alias) {
    chains.remove(alias);
  }

  /** Returns the first alias whose first certificate is this one, or null. */
  synchronized String aliasOf(Certificate certificate) {
    for (Map.Entry<String, List<Certificate>> entry : chains.entrySet()) {
      if (entry.getValue().get(0).equals(certificate)) {
        return entry.getKey();
      }
    }
    return null;
  }
}
