package io.hsmbridge.spi;

import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import io.hsmbridge.engine.Attributes;
import io.hsmbridge.engine.Connection;
import io.hsmbridge.engine.Errors;
import io.hsmbridge.engine.HsmException;
import io.hsmbridge.key.HsmKey;
import io.hsmbridge.key.Keys;
import io.hsmbridge.key.SoftwareKeys;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.KeyFactorySpi;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.KeySpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Imports asymmetric keys into the HSM, from encodings, from the JDK's specifications and from attributes; without
 * attributes as session keys without a label.
 */
final class HsmKeyFactory extends KeyFactorySpi {

  private final Connection connection;
  private final KeyParts parts;

  HsmKeyFactory(Connection connection, KeyParts parts) {
    this.connection = connection;
    this.parts = parts;
  }

  @Override
  protected PublicKey engineGeneratePublic(KeySpec spec) throws InvalidKeySpecException {
    if (spec instanceof KeyAttributesMap) {
      KeyAttributesMap map = (KeyAttributesMap) spec;
      KeyParts reader = parts.reading(map);
      return (PublicKey) imported(template(map, reader, Attributes.CLASS_PUBLIC_KEY), reader.publicKey(map));
    }
    byte[] encoded =
        spec instanceof X509EncodedKeySpec
            ? ((X509EncodedKeySpec) spec).getEncoded()
            : parts.publicKey(required(spec, PKCS8EncodedKeySpec.class));
    return (PublicKey) imported(template(null, parts, Attributes.CLASS_PUBLIC_KEY), encoded);
  }

  @Override
  protected PrivateKey engineGeneratePrivate(KeySpec spec) throws InvalidKeySpecException {
    if (spec instanceof KeyAttributesMap) {
      KeyAttributesMap map = (KeyAttributesMap) spec;
      KeyParts reader = parts.reading(map);
      return (PrivateKey) imported(template(map, reader, Attributes.CLASS_PRIVATE_KEY), reader.privateKey(map));
    }
    byte[] encoded =
        spec instanceof PKCS8EncodedKeySpec
            ? ((PKCS8EncodedKeySpec) spec).getEncoded()
            : parts.privateKey(required(spec, X509EncodedKeySpec.class));
    return (PrivateKey) imported(template(null, parts, Attributes.CLASS_PRIVATE_KEY), encoded);
  }

  @Override
  protected <T extends KeySpec> T engineGetKeySpec(Key key, Class<T> kind) throws InvalidKeySpecException {
    if (key == null || kind == null || !parts.isOf(key.getAlgorithm())) {
      throw new InvalidKeySpecException(
          "This factory describes keys for " + parts.algorithm() + ", not " + SoftwareKeys.describe(key) + ".");
    }
    byte[] encoded = key.getEncoded();
    if (encoded == null) {
      throw new InvalidKeySpecException(
          key + " is not to be had in clear. The HSM gives a private key only while clear extraction is switched on"
              + " (`hsmbridge configure --enable-clear-key-extraction-in-software`), and if its attribute"
              + " EXTRACTABLE is true and WRAP_WITH_TRUSTED false.");
    }
    try {
      return described(key, encoded, kind);
    } finally {
      Arrays.fill(encoded, (byte) 0);
    }
  }

  @Override
  protected Key engineTranslateKey(Key key) throws InvalidKeyException {
    if (key == null || !parts.isOf(key.getAlgorithm())) {
      throw new InvalidKeyException(
          "This factory takes keys for " + parts.algorithm() + ", not " + SoftwareKeys.describe(key) + ".");
    }
    if (key instanceof HsmKey && ((HsmKey) key).belongsTo(connection)) {
      return key;
    }
    try {
      return Keys.of(connection, SoftwareKeys.importKey(connection.engine(), key, Map.of()));
    } catch (HsmException e) {
      throw Errors.invalidKey(e);
    }
  }

  private <T extends KeySpec> T described(Key key, byte[] encoded, Class<T> kind) throws InvalidKeySpecException {
    if (key instanceof PublicKey) {
      X509EncodedKeySpec spec = new X509EncodedKeySpec(encoded);
      return kind.isInstance(spec)
          ? kind.cast(spec)
          : parts.software().getKeySpec(parts.software().generatePublic(spec), kind);
    }
    PKCS8EncodedKeySpec spec = new PKCS8EncodedKeySpec(encoded);
    return kind.isInstance(spec)
        ? kind.cast(spec)
        : parts.software().getKeySpec(parts.software().generatePrivate(spec), kind);
  }

  /** The JDK's newer factories take an encoding of the other half and say nothing of it; ours refuses it. */
  private KeySpec required(KeySpec spec, Class<? extends KeySpec> refused) throws InvalidKeySpecException {
    if (spec == null || refused.isInstance(spec)) {
      throw new InvalidKeySpecException(
          "A key for " + parts.algorithm() + " is not made from " + (spec == null ? "null" : spec.getClass().getName())
              + ": a public one needs an X509EncodedKeySpec, a private one a PKCS8EncodedKeySpec, or parts of the"
              + " key.");
    }
    return spec;
  }

  private static Map<String, Object> template(KeyAttributesMap map, KeyParts reader, long keyClass)
      throws InvalidKeySpecException {
    Map<String, Object> template = new HashMap<>(Templates.forImport(map));
    Object type = template.put(Attributes.KEY_TYPE, reader.keyType());
    boolean edwards = reader == KeyParts.edwards() && Long.valueOf(Attributes.TYPE_EC).equals(type);
    Object oldClass = template.put(Attributes.CLASS, keyClass);
    if (type != null && !type.equals(reader.keyType()) && !edwards
        || oldClass != null && !oldClass.equals(keyClass)) {
      throw new InvalidKeySpecException(
          "KEY_TYPE or OBJECT_CLASS in the attributes is not that of the key to import; leave them out.");
    }
    return template;
  }

  private HsmKey imported(Map<String, Object> template, byte[] encoded) throws InvalidKeySpecException {
    boolean isPublic = template.get(Attributes.CLASS).equals(Attributes.CLASS_PUBLIC_KEY);
    template.put(isPublic ? Attributes.PUBLIC_KEY_INFO : Attributes.PRIVATE_KEY_INFO, encoded);
    try {
      return Keys.of(connection, connection.engine().importKey(template));
    } catch (HsmException e) {
      throw Errors.keySpec(e);
    } finally {
      Arrays.fill(encoded, (byte) 0);
    }
  }
}
