package io.hsmbridge.spi;

import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import io.hsmbridge.connection.Connection;
import io.hsmbridge.engine.Attributes;
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
    return (PublicKey) imported(spec, Attributes.CLASS_PUBLIC_KEY, Attributes.PUBLIC_KEY_INFO, this::publicInfo);
  }

  @Override
  protected PrivateKey engineGeneratePrivate(KeySpec spec) throws InvalidKeySpecException {
    return (PrivateKey) imported(spec, Attributes.CLASS_PRIVATE_KEY, Attributes.PRIVATE_KEY_INFO, this::privateInfo);
  }

  private byte[] publicInfo(KeyParts reader, KeySpec spec) throws InvalidKeySpecException {
    if (spec instanceof KeyAttributesMap) {
      return reader.publicKey((KeyAttributesMap) spec);
    }
    return spec instanceof X509EncodedKeySpec
        ? ((X509EncodedKeySpec) spec).getEncoded()
        : reader.publicKey(required(spec, PKCS8EncodedKeySpec.class));
  }

  private byte[] privateInfo(KeyParts reader, KeySpec spec) throws InvalidKeySpecException {
    if (spec instanceof KeyAttributesMap) {
      return reader.privateKey((KeyAttributesMap) spec);
    }
    return spec instanceof PKCS8EncodedKeySpec
        ? ((PKCS8EncodedKeySpec) spec).getEncoded()
        : reader.privateKey(required(spec, X509EncodedKeySpec.class));
  }

  @Override
  protected <T extends KeySpec> T engineGetKeySpec(Key key, Class<T> kind) throws InvalidKeySpecException {
    if (key == null || kind == null || !parts.isOf(key.getAlgorithm())) {
      throw new InvalidKeySpecException(
          "This factory describes keys for " + parts.algorithm() + ", not " + SoftwareKeys.describe(key) + ".");
    }
    byte[] encoded = key.getEncoded();
    if (encoded == null) {
      throw Errors.staysInside(key);
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

  private HsmKey imported(KeySpec spec, long keyClass, String name, Encoding encoding) throws InvalidKeySpecException {
    KeyAttributesMap map = spec instanceof KeyAttributesMap ? (KeyAttributesMap) spec : null;
    KeyParts reader = map == null ? parts : parts.reading(map);
    Map<String, Object> template = Templates.forImport(map, keyClass, reader.keyType());
    byte[] encoded = encoding.of(reader, spec);
    template.put(name, encoded);
    try {
      return Keys.of(connection, connection.engine().importKey(template));
    } catch (HsmException e) {
      throw Errors.keySpec(e);
    } finally {
      Arrays.fill(encoded, (byte) 0);
    }
  }

  /** Brings a specification into the encoding that the engine takes. */
  private interface Encoding {
    byte[] of(KeyParts reader, KeySpec spec) throws InvalidKeySpecException;
  }
}
