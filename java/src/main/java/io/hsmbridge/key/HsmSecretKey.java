package io.hsmbridge.key;

import io.hsmbridge.connection.Connection;
import java.io.NotSerializableException;
import java.util.Map;
import javax.crypto.SecretKey;

/** A secret key in the HSM. */
public final class HsmSecretKey extends HsmKey implements SecretKey {

  private static final long serialVersionUID = 1L;

  HsmSecretKey(String algorithm, Connection connection, long handle, Map<String, Object> attributes) {
    super(algorithm, connection, handle, attributes);
  }

  private Object writeReplace() throws NotSerializableException {
    throw new NotSerializableException(this + " stays in the HSM.");
  }
}
