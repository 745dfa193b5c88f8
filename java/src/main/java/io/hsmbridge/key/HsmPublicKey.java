package io.hsmbridge.key;

import io.hsmbridge.connection.Connection;
import io.hsmbridge.engine.Attributes;
import io.hsmbridge.engine.Values;
import java.io.ObjectStreamException;
import java.security.KeyRep;
import java.security.PublicKey;
import java.util.Arrays;
import java.util.Map;

/** A public key in the HSM; as any public key it has an X.509 encoding and is equal to keys of the same encoding. */
public abstract class HsmPublicKey extends HsmKey implements PublicKey {

  private static final long serialVersionUID = 1L;

  private final transient byte[] encoded;

  HsmPublicKey(String algorithm, Connection connection, long handle, Map<String, Object> attributes) {
    super(algorithm, connection, handle, attributes);
    encoded = Values.bytes(attributes, Attributes.PUBLIC_KEY_INFO);
  }

  @Override
  public final String getFormat() {
    return "X.509";
  }

  @Override
  public final byte[] getEncoded() {
    return encoded.clone();
  }

  @Override
  public final boolean equals(Object other) {
    return other instanceof PublicKey && Arrays.equals(encoded, ((PublicKey) other).getEncoded());
  }

  @Override
  public final int hashCode() {
    return Arrays.hashCode(encoded);
  }

  /** Serialises as a software public key. */
  final Object writeReplace() throws ObjectStreamException {
    return new KeyRep(KeyRep.Type.PUBLIC, getAlgorithm(), getFormat(), getEncoded());
  }
}
