package io.hsmbridge.key;

import io.hsmbridge.connection.Connection;
import java.util.Map;

/** An ML-DSA public key (FIPS 204) in the HSM. */
public final class HsmMldsaPublicKey extends HsmPublicKey {

  private static final long serialVersionUID = 1L;

  HsmMldsaPublicKey(Connection connection, long handle, Map<String, Object> attributes) {
    super("ML-DSA", connection, handle, attributes);
  }
}
