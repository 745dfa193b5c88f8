package com.amazonaws.cloudhsm.jce.provider;

import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyReferenceSpec;
import io.hsmbridge.spi.KeySearch;
import java.security.Key;
import java.security.KeyStore;
import java.security.KeyStoreException;
import java.security.KeyStoreSpi;
import java.security.NoSuchAlgorithmException;
import java.security.NoSuchProviderException;
import java.security.Provider;
import java.security.Security;
import java.security.UnrecoverableKeyException;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.KeySpec;
import java.util.List;

/**
 * The keystore {@code CloudHSM}, which also finds keys by their attributes or key reference: session keys as well as
 * persistent ones, public keys too.
 *
 * <pre>
 * KeyStoreWithAttributes store = KeyStoreWithAttributes.getInstance("CloudHSM");
 * store.load(null, null);
 * Key key = store.getKey(new KeyAttributesMapBuilder().put(KeyAttribute.LABEL, "my key").build());
 * </pre>
 */
public class KeyStoreWithAttributes extends KeyStore {

  private final KeySearch search;

  private KeyStoreWithAttributes(KeyStoreSpi spi, Provider provider, String type) {
    super(spi, provider, type);
    search = (KeySearch) spi;
  }

  /**
   * Makes a keystore of the first provider that has one of this kind.
   *
   * @param type {@link CloudHsmProvider#CLOUDHSM_KEYSTORE_TYPE}, in any case
   * @return a keystore, to be loaded
   * @throws KeyStoreException if no registered provider has one
   * @throws NullPointerException if the type is null
   */
  public static KeyStoreWithAttributes getInstance(String type) throws KeyStoreException {
    for (Provider provider : Security.getProviders()) {
      if (provider instanceof CloudHsmProvider && provider.getService("KeyStore", type) != null) {
        return getInstance(type, provider);
      }
    }
    throw new KeyStoreException(
        "No registered provider has a keystore " + type + " with attributes. Register a CloudHsmProvider, and ask for"
            + " the type " + CloudHsmProvider.CLOUDHSM_KEYSTORE_TYPE + ".");
  }

  /**
   * Makes a keystore of a provider.
   *
   * @param type {@link CloudHsmProvider#CLOUDHSM_KEYSTORE_TYPE}, in any case
   * @param provider a {@link CloudHsmProvider}, registered or not
   * @return a keystore, to be loaded
   * @throws KeyStoreException if the provider has none of this kind
   * @throws IllegalArgumentException if the provider is null
   */
  public static KeyStoreWithAttributes getInstance(String type, Provider provider) throws KeyStoreException {
    if (provider == null) {
      throw new IllegalArgumentException("missing provider");
    }
    Provider.Service service = provider.getService("KeyStore", type);
    if (!(provider instanceof CloudHsmProvider) || service == null) {
      throw new KeyStoreException(
          "The provider " + provider.getName() + " has no keystore " + type + " with attributes. Ask a"
              + " CloudHsmProvider for the type " + CloudHsmProvider.CLOUDHSM_KEYSTORE_TYPE + ".");
    }
    try {
      return new KeyStoreWithAttributes((KeyStoreSpi) service.newInstance(null), provider, type);
    } catch (NoSuchAlgorithmException e) {
      throw new KeyStoreException(e.getMessage(), e);
    }
  }

  /**
   * Makes a keystore of a registered provider.
   *
   * @param type {@link CloudHsmProvider#CLOUDHSM_KEYSTORE_TYPE}, in any case
   * @param provider the provider's name
   * @return a keystore, to be loaded
   * @throws KeyStoreException if the provider has none of this kind
   * @throws NoSuchProviderException if no registered provider has the name
   * @throws IllegalArgumentException if the name is null or empty
   */
  public static KeyStoreWithAttributes getInstance(String type, String provider)
      throws KeyStoreException, NoSuchProviderException {
    if (provider == null || provider.isEmpty()) {
      throw new IllegalArgumentException("missing provider");
    }
    Provider registered = Security.getProvider(provider);
    if (registered == null) {
      throw new NoSuchProviderException("no such provider: " + provider);
    }
    return getInstance(type, registered);
  }

  /**
   * Finds the one key that a specification names.
   *
   * @param spec a {@link KeyAttributesMap}, whose attributes the key must all have, or a {@link KeyReferenceSpec}
   * @return the key, or null if there is none
   * @throws UnrecoverableKeyException if several keys have the attributes
   * @throws InvalidKeySpecException if the specification is of another kind, or has attributes that are no public part
   *     of a key
   * @throws KeyStoreException if the keystore is not loaded
   * @throws NoSuchAlgorithmException never here; part of the signature, as for {@link KeyStore#getKey}
   * @throws com.amazonaws.cloudhsm.jce.jni.exception.AuthenticationException if nobody is logged in
   */
  public Key getKey(KeySpec spec)
      throws InvalidKeySpecException, KeyStoreException, NoSuchAlgorithmException, UnrecoverableKeyException {
    requireLoaded();
    return search.getKey(spec);
  }

  /**
   * Finds all keys that have some attributes.
   *
   * @param attributes the attributes; none, or null, for all keys that the user may use
   * @return the keys in the order of their references, each a new object; empty if there is none
   * @throws InvalidKeySpecException if there are attributes that are no public part of a key
   * @throws KeyStoreException if the keystore is not loaded
   * @throws com.amazonaws.cloudhsm.jce.jni.exception.AuthenticationException if nobody is logged in
   */
  public List<Key> getKeys(KeyAttributesMap attributes) throws InvalidKeySpecException, KeyStoreException {
    requireLoaded();
    return search.getKeys(attributes);
  }

  /** The superclass knows whether it is loaded, and says so when asked for anything; no key has the empty label. */
  private void requireLoaded() throws KeyStoreException {
    isKeyEntry("");
  }
}
