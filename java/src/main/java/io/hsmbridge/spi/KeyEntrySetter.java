package io.hsmbridge.spi;

import io.hsmbridge.connection.Connection;
import io.hsmbridge.engine.Attributes;
import io.hsmbridge.engine.Engine;
import io.hsmbridge.engine.Errors;
import io.hsmbridge.engine.HsmException;
import io.hsmbridge.engine.ReturnCodes;
import io.hsmbridge.key.HsmKey;
import io.hsmbridge.key.HsmPublicKey;
import io.hsmbridge.key.SoftwareKeys;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.KeyStoreException;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Puts keys into a keystore: names keys of the HSM after their alias, imports others, remembers what to persist. */
final class KeyEntrySetter {

  private final Connection connection;
  private final Engine engine;
  private final LabelledKeys keys;
  private final CertificateFile file;
  private final Set<Long> toPersist = new LinkedHashSet<>();

  KeyEntrySetter(Connection connection, LabelledKeys keys, CertificateFile file) {
    this.connection = connection;
    this.engine = connection.engine();
    this.keys = keys;
    this.file = file;
  }

  synchronized void set(String alias, Key key, Certificate[] chain) throws KeyStoreException {
    if (key instanceof PrivateKey && (chain == null || chain.length == 0)) {
      throw new KeyStoreException("A private key needs a certificate chain, to go with it into the keystore.");
    }
    if (alias.isEmpty()) {
      throw new KeyStoreException("A key needs an alias, which becomes its label in the HSM.");
    }
    try {
      if (!(key instanceof HsmKey)) {
        importKey(alias, key);
      } else if (key instanceof HsmPublicKey) {
        throw new KeyStoreException("A keystore holds private and secret keys, not " + key + ".");
      } else if (!((HsmKey) key).belongsTo(connection)) {
        throw new KeyStoreException(key + " was made through another provider instance.");
      } else {
        setOwn(alias, (HsmKey) key, chain);
      }
    } catch (HsmException e) {
      throw Errors.keyStore(e);
    }
    if (chain != null && chain.length > 0) {
      file.put(alias, chain);
    }
  }

  synchronized void forget() {
    toPersist.clear();
  }

  /** Makes the keys persistent; those that were destroyed meanwhile are no entries any more. */
  synchronized void persist() {
    for (Long handle : List.copyOf(toPersist)) {
      try {
        engine.setAttributes(handle, Map.of(Attributes.TOKEN, true));
      } catch (HsmException e) {
        if (e.code() != ReturnCodes.OBJECT_HANDLE_INVALID) {
          throw e;
        }
      }
      toPersist.remove(handle);
    }
  }

  void requireFree(String alias) throws KeyStoreException {
    try {
      if (!keys.find(alias).isEmpty()) {
        throw inUse(alias, "a key in the HSM");
      }
    } catch (HsmException e) {
      throw Errors.keyStore(e);
    }
    if (!file.chain(alias).isEmpty()) {
      throw inUse(alias, "a certificate");
    }
  }

  private void setOwn(String alias, HsmKey key, Certificate[] chain) throws KeyStoreException {
    KeyEntry entry = new KeyEntry(key.handle(), engine.attributes(key.handle()));
    if (entry.isPrivateKey() && !entry.isCertifiedBy(Arrays.asList(chain))) {
      throw new KeyStoreException("The first certificate of the chain does not belong to " + key + ".");
    }
    String label = entry.label();
    if (label.isEmpty()) {
      requireFree(alias);
      key.relabel(alias);
    } else if (!label.equals(alias)) {
      throw new KeyStoreException(
          "The given alias \"" + alias + "\" does not match label \"" + label + "\". A key's alias is its label; rename"
              + " it with `hsmbridge key set-attribute --filter attr.label=" + label + " --name label --value " + alias
              + "`.");
    } else {
      requireOnly(alias, entry);
    }
    if (!entry.isPersistent()) {
      toPersist.add(entry.handle());
    }
  }

  /** The key has the label already; nothing else may stand for the alias. */
  private void requireOnly(String alias, KeyEntry entry) throws KeyStoreException {
    if (keys.find(alias).stream().anyMatch(other -> other.handle() != entry.handle())) {
      throw inUse(alias, "another key in the HSM");
    }
    if (!file.chain(alias).isEmpty() && !entry.isCertifiedBy(file.chain(alias))) {
      throw inUse(alias, "a certificate that does not belong to the key");
    }
  }

  private void importKey(String alias, Key key) throws KeyStoreException {
    requireFree(alias);
    try {
      toPersist.add(SoftwareKeys.importKey(engine, key, alias));
    } catch (InvalidKeyException e) {
      throw new KeyStoreException(e.getMessage(), e);
    }
    System.err.println(
        "Warning: the key \"" + alias + "\" was generated in software and imported into the HSM, so it has existed"
            + " outside of it. Generate keys inside with `hsmbridge keytool`"
            // keytool heeds that option for key pairs only.
            + (key instanceof PrivateKey ? ", or with `-providerName CloudHSM`." : "."));
  }

  private static KeyStoreException inUse(String alias, String user) {
    return new KeyStoreException("The alias \"" + alias + "\" is in use by " + user + ".");
  }
}
