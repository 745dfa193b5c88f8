package io.hsmbridge.spi;

import com.amazonaws.cloudhsm.jce.jni.exception.AttributeException;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyReferenceSpec;
import io.hsmbridge.connection.Connection;
import io.hsmbridge.engine.Errors;
import io.hsmbridge.engine.HsmException;
import io.hsmbridge.engine.ReturnCodes;
import io.hsmbridge.key.Keys;
import java.security.Key;
import java.security.UnrecoverableKeyException;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.KeySpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Finds keys of the HSM by their attributes or key reference, always as they are now. */
final class AttributeSearch implements KeySearch {

  private static final Set<Long> ABSENT = Set.of(ReturnCodes.OBJECT_HANDLE_INVALID, ReturnCodes.KEY_HANDLE_INVALID);

  private final Connection connection;

  AttributeSearch(Connection connection) {
    this.connection = connection;
  }

  @Override
  public Key getKey(KeySpec spec) throws InvalidKeySpecException, UnrecoverableKeyException {
    if (spec instanceof KeyReferenceSpec) {
      List<Key> found = existing(((KeyReferenceSpec) spec).getKeyReference());
      return found.isEmpty() ? null : found.get(0);
    }
    if (!(spec instanceof KeyAttributesMap)) {
      throw new InvalidKeySpecException(
          "Keys are found by a KeyAttributesMap or a KeyReferenceSpec, not by "
              + (spec == null ? "null" : spec.getClass().getName()) + ".");
    }
    List<Key> found = getKeys((KeyAttributesMap) spec);
    if (found.size() > 1) {
      throw new UnrecoverableKeyException(
          "KeyStore should return only one key for the provided attributes " + spec + ", but " + found.size()
              + " keys in the HSM have them. Add attributes, such as OBJECT_CLASS, or call getKeys.");
    }
    return found.isEmpty() ? null : found.get(0);
  }

  @Override
  public List<Key> getKeys(KeyAttributesMap attributes) throws InvalidKeySpecException {
    try {
      return existing(connection.engine().find(Templates.forSearch(attributes)));
    } catch (HsmException e) {
      RuntimeException refusal = Errors.unchecked(e);
      if (refusal instanceof AttributeException) {
        throw new InvalidKeySpecException(refusal.getMessage(), refusal);
      }
      throw refusal;
    }
  }

  /** Leaves out what is not there; another process may destroy a key between the search and this. */
  private List<Key> existing(long... handles) {
    List<Key> keys = new ArrayList<>();
    for (long handle : handles) {
      try {
        keys.add(Keys.of(connection, handle));
      } catch (HsmException e) {
        if (!ABSENT.contains(e.code())) {
          throw Errors.unchecked(e);
        }
      }
    }
    return keys;
  }
}
