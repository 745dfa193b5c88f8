package io.hsmbridge.spi;

import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import java.security.Key;
import java.security.UnrecoverableKeyException;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.KeySpec;
import java.util.List;

/** What a keystore of the HSM can do beyond {@code KeyStoreSpi}. */
public interface KeySearch {

  /**
   * Finds one key.
   *
   * @param spec attributes or a key reference
   * @return the key, or null if there is none
   * @throws UnrecoverableKeyException if there are several
   * @throws InvalidKeySpecException if keys cannot be searched by the specification
   */
  Key getKey(KeySpec spec) throws InvalidKeySpecException, UnrecoverableKeyException;

  /**
   * Finds keys.
   *
   * @param attributes attributes that they have; null or empty for all
   * @return the keys, in the order of their handles
   * @throws InvalidKeySpecException if keys cannot be searched by the attributes
   */
  List<Key> getKeys(KeyAttributesMap attributes) throws InvalidKeySpecException;
}
