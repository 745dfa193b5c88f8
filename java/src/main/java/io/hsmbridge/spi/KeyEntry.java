package io.hsmbridge.spi;

import io.hsmbridge.connection.Connection;
import io.hsmbridge.engine.Attributes;
import io.hsmbridge.engine.Values;
import io.hsmbridge.key.HsmKey;
import io.hsmbridge.key.Keys;
import io.hsmbridge.key.MldsaEncoding;
import java.security.cert.Certificate;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Map;

/** A key of the HSM as a keystore sees it: what its attributes were a moment ago. */
final class KeyEntry {

  private final long handle;
  private final Map<String, Object> attributes;

  KeyEntry(long handle, Map<String, Object> attributes) {
    this.handle = handle;
    this.attributes = attributes;
  }

  long handle() {
    return handle;
  }

  String label() {
    return Values.text(attributes, Attributes.LABEL);
  }

  boolean isPrivateKey() {
    return Values.number(attributes, Attributes.CLASS) == Attributes.CLASS_PRIVATE_KEY;
  }

  boolean isPersistent() {
    return Values.flag(attributes, Attributes.TOKEN);
  }

  Date created() {
    return new Date(Values.number(attributes, Attributes.CREATED));
  }

  /** Tells whether a chain begins with a certificate for this key. */
  boolean isCertifiedBy(List<? extends Certificate> chain) {
    return isPrivateKey()
        && !chain.isEmpty()
        && isEncodedAs(chain.get(0).getPublicKey().getEncoded());
  }

  private boolean isEncodedAs(byte[] certified) {
    byte[] info = Values.bytes(attributes, Attributes.PUBLIC_KEY_INFO);
    return Arrays.equals(info, certified) || Arrays.equals(info, MldsaEncoding.withoutNull(certified));
  }

  HsmKey key(Connection connection) {
    return Keys.of(connection, handle, attributes);
  }
}
