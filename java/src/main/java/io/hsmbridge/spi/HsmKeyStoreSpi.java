package io.hsmbridge.spi;

import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import io.hsmbridge.connection.Connection;
import io.hsmbridge.engine.Errors;
import io.hsmbridge.engine.HsmException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.Key;
import java.security.KeyStore;
import java.security.KeyStoreException;
import java.security.KeyStoreSpi;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.UnrecoverableKeyException;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.KeySpec;
import java.util.Collections;
import java.util.Date;
import java.util.Enumeration;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import javax.crypto.SecretKey;

/**
 * The keystore {@code CloudHSM}: the HSM's private and secret keys by label, and certificates from a file.
 *
 * <p>Passwords protect the file only. Keys are looked up anew at each call, so that what other programs do is seen.
 */
final class HsmKeyStoreSpi extends KeyStoreSpi implements KeySearch {

  private final Connection connection;
  private final LabelledKeys keys;
  private final CertificateFile file = new CertificateFile();
  private final KeyEntrySetter setter;
  private final KeySearch search;

  HsmKeyStoreSpi(Connection connection) {
    this.connection = connection;
    this.keys = new LabelledKeys(connection.engine());
    this.setter = new KeyEntrySetter(connection, keys, file);
    this.search = new AttributeSearch(connection);
  }

  @Override
  public Key getKey(KeySpec spec) throws InvalidKeySpecException, UnrecoverableKeyException {
    return search.getKey(spec);
  }

  @Override
  public List<Key> getKeys(KeyAttributesMap attributes) throws InvalidKeySpecException {
    return search.getKeys(attributes);
  }

  @Override
  public void engineLoad(InputStream stream, char[] password)
      throws IOException, NoSuchAlgorithmException, CertificateException {
    setter.forget();
    if (stream == null) {
      file.clear();
    } else {
      file.read(stream.readAllBytes(), password);
    }
  }

  /** Makes the keys persistent that were set since the keystore was loaded, then writes the file. */
  @Override
  public void engineStore(OutputStream stream, char[] password)
      throws IOException, NoSuchAlgorithmException, CertificateException {
    byte[] content = file.write(password);
    if (stream == null && !file.aliases().isEmpty()) {
      throw new IOException("There is no file to store the certificates in.");
    }
    try {
      setter.persist();
    } catch (HsmException e) {
      throw Errors.store(e);
    }
    if (stream != null) {
      stream.write(content);
      stream.flush();
    }
  }

  @Override
  public Enumeration<String> engineAliases() {
    return Collections.enumeration(aliases());
  }

  @Override
  public int engineSize() {
    return aliases().size();
  }

  @Override
  public boolean engineContainsAlias(String alias) {
    return !file.chain(alias).isEmpty() || !find(alias).isEmpty();
  }

  @Override
  public boolean engineIsKeyEntry(String alias) {
    return !find(alias).isEmpty();
  }

  @Override
  public boolean engineIsCertificateEntry(String alias) {
    return !file.chain(alias).isEmpty() && find(alias).isEmpty();
  }

  @Override
  public boolean engineEntryInstanceOf(String alias, Class<? extends KeyStore.Entry> entryClass) {
    if (entryClass == KeyStore.PrivateKeyEntry.class) {
      return find(alias).stream().anyMatch(KeyEntry::isPrivateKey);
    }
    if (entryClass == KeyStore.SecretKeyEntry.class) {
      return find(alias).stream().anyMatch(key -> !key.isPrivateKey());
    }
    return entryClass == KeyStore.TrustedCertificateEntry.class && engineIsCertificateEntry(alias);
  }

  @Override
  public Key engineGetKey(String alias, char[] password) throws UnrecoverableKeyException {
    List<KeyEntry> entries = find(alias);
    // A label may be that of a public key alone, which is no entry but a key that a program may ask for.
    List<KeyEntry> found = entries.isEmpty() ? asking(() -> keys.findPublic(alias)) : entries;
    if (found.size() > 1) {
      throw new UnrecoverableKeyException(
          "KeyStore should return only one key for the provided alias " + alias + ", but " + found.size()
              + " keys in the HSM have this label. Give each its own: `hsmbridge keys` lists them, and"
              + " `hsmbridge key set-attribute --filter key-reference=0x… --name label --value NEW` renames one.");
    }
    return found.isEmpty() ? null : asking(() -> found.get(0).key(connection));
  }

  /** The protection is of no use here, because a key's access is the HSM's business. */
  @Override
  public KeyStore.Entry engineGetEntry(String alias, KeyStore.ProtectionParameter protection)
      throws KeyStoreException, UnrecoverableKeyException {
    Key key = find(alias).isEmpty() ? null : engineGetKey(alias, null);
    Certificate[] chain = engineGetCertificateChain(alias);
    if (key instanceof SecretKey) {
      return new KeyStore.SecretKeyEntry((SecretKey) key);
    }
    if (key != null && chain == null) {
      throw new KeyStoreException(
          "The key \"" + alias + "\" has no certificate in this keystore, so it is no complete PrivateKeyEntry. Use"
              + " getKey, or give it a certificate chain with setKeyEntry.");
    }
    if (key != null) {
      return privateKeyEntry(alias, (PrivateKey) key, chain);
    }
    Certificate certificate = engineGetCertificate(alias);
    return certificate == null ? null : new KeyStore.TrustedCertificateEntry(certificate);
  }

  /** The JDK's entry compares names of algorithms, and JDK 17 names ML-DSA in a certificate by its number. */
  private static KeyStore.PrivateKeyEntry privateKeyEntry(String alias, PrivateKey key, Certificate[] chain)
      throws KeyStoreException {
    try {
      return new KeyStore.PrivateKeyEntry(key, chain);
    } catch (IllegalArgumentException e) {
      throw new KeyStoreException(
          "This JDK makes no PrivateKeyEntry of the key \"" + alias + "\" (" + e.getMessage()
              + "). Use getKey and getCertificateChain.",
          e);
    }
  }

  @Override
  public Certificate[] engineGetCertificateChain(String alias) {
    List<KeyEntry> found = find(alias);
    List<Certificate> chain = found.isEmpty() ? List.of() : chainOf(alias, found);
    return chain.isEmpty() ? null : chain.toArray(new Certificate[0]);
  }

  @Override
  public Certificate engineGetCertificate(String alias) {
    List<Certificate> filed = file.chain(alias);
    List<KeyEntry> found = find(alias);
    List<Certificate> chain = found.isEmpty() ? filed : chainOf(alias, found);
    return chain.isEmpty() ? null : chain.get(0);
  }

  @Override
  public String engineGetCertificateAlias(Certificate certificate) {
    return file.aliasOf(certificate);
  }

  @Override
  public Date engineGetCreationDate(String alias) {
    List<KeyEntry> found = find(alias);
    if (!found.isEmpty()) {
      return found.get(0).created();
    }
    Certificate certificate = engineGetCertificate(alias);
    return certificate instanceof X509Certificate ? ((X509Certificate) certificate).getNotBefore() : null;
  }

  @Override
  public void engineSetKeyEntry(String alias, Key key, char[] password, Certificate[] chain)
      throws KeyStoreException {
    setter.set(alias, key, chain);
  }

  @Override
  public void engineSetKeyEntry(String alias, byte[] key, Certificate[] chain) {
    throw new UnsupportedOperationException(
        "A CloudHSM keystore takes keys as objects, not as encrypted bytes: use setKeyEntry with a Key.");
  }

  @Override
  public void engineSetEntry(String alias, KeyStore.Entry entry, KeyStore.ProtectionParameter protection)
      throws KeyStoreException {
    if (entry instanceof KeyStore.PrivateKeyEntry) {
      KeyStore.PrivateKeyEntry pair = (KeyStore.PrivateKeyEntry) entry;
      setter.set(alias, pair.getPrivateKey(), pair.getCertificateChain());
    } else if (entry instanceof KeyStore.SecretKeyEntry) {
      setter.set(alias, ((KeyStore.SecretKeyEntry) entry).getSecretKey(), null);
    } else if (entry instanceof KeyStore.TrustedCertificateEntry) {
      engineSetCertificateEntry(alias, ((KeyStore.TrustedCertificateEntry) entry).getTrustedCertificate());
    } else {
      throw new KeyStoreException("A CloudHSM keystore has no entries of " + entry.getClass().getName() + ".");
    }
  }

  @Override
  public void engineSetCertificateEntry(String alias, Certificate certificate) throws KeyStoreException {
    setter.requireFree(alias);
    file.put(alias, certificate);
  }

  @Override
  public void engineDeleteEntry(String alias) throws KeyStoreException {
    List<KeyEntry> found = find(alias);
    List<Certificate> filed = file.chain(alias);
    boolean certificateOfNoKey = !filed.isEmpty() && found.stream().noneMatch(key -> key.isCertifiedBy(filed));
    if (!found.isEmpty() && !certificateOfNoKey) {
      throw new KeyStoreException(
          "The keystore never destroys HSM keys. Remove \"" + alias + "\" with `hsmbridge key delete --filter"
              + " attr.label=" + alias + "`, or with Destroyable.destroy() of the key object.");
    }
    file.remove(alias);
  }

  private Set<String> aliases() {
    Set<String> aliases = file.aliases();
    aliases.addAll(asking(keys::labels));
    return aliases;
  }

  private List<KeyEntry> find(String alias) {
    return asking(() -> keys.find(alias));
  }

  /** A key's chain is filed under its label, or, since keys can be renamed, wherever its certificate is. */
  private List<Certificate> chainOf(String alias, List<KeyEntry> found) {
    for (KeyEntry key : found) {
      if (key.isCertifiedBy(file.chain(alias))) {
        return file.chain(alias);
      }
      for (List<Certificate> chain : file.chains()) {
        if (key.isCertifiedBy(chain)) {
          return chain;
        }
      }
    }
    return List.of();
  }

  private static <T> T asking(Supplier<T> question) {
    try {
      return question.get();
    } catch (HsmException e) {
      throw Errors.unchecked(e);
    }
  }
}
