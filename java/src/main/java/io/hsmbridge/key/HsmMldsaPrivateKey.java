package io.hsmbridge.key;

import io.hsmbridge.connection.Connection;
import java.io.NotSerializableException;
import java.security.PrivateKey;
import java.util.Map;

/** An ML-DSA private key (FIPS 204) in the HSM. */
public final class HsmMldsaPrivateKey extends HsmKey implements PrivateKey {

  private static final long serialVersionUID = 1L;

  HsmMldsaPrivateKey(Connection connection, long handle, Map<String, Object> attributes) {
    super("ML-DSA", connection, handle, attributes);
  }

  private Object writeReplace() throws NotSerializableException {
    throw new NotSerializableException(this + " stays in the HSM.");
  }
}
