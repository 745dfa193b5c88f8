package io.hsmbridge.spi;

import com.amazonaws.cloudhsm.jce.provider.AesCmacKdfFixedInputData;
import com.amazonaws.cloudhsm.jce.provider.AesCmacKdfParameterSpec;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttribute;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import com.amazonaws.cloudhsm.jce.provider.spec.HkdfParameterSpec;
import com.amazonaws.cloudhsm.jce.provider.spec.HmacKdfFixedInputData;
import com.amazonaws.cloudhsm.jce.provider.spec.HmacKdfParameterSpec;
import io.hsmbridge.connection.Connection;
import io.hsmbridge.engine.Attributes;
import io.hsmbridge.engine.Errors;
import io.hsmbridge.engine.HsmException;
import io.hsmbridge.engine.Mechanisms;
import io.hsmbridge.engine.Parameters;
import io.hsmbridge.key.HsmKey;
import io.hsmbridge.key.Keys;
import io.hsmbridge.key.SoftwareKeys;
import java.lang.ref.Reference;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.KeySpec;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactorySpi;
import javax.crypto.spec.DESedeKeySpec;
import javax.crypto.spec.SecretKeySpec;

/** Imports secret keys into the HSM, and derives them from keys that are there. */
final class HsmSecretKeyFactory extends SecretKeyFactorySpi {

  private final Connection connection;
  private final SecretAlgorithm algorithm;

  HsmSecretKeyFactory(Connection connection, SecretAlgorithm algorithm) {
    this.connection = connection;
    this.algorithm = algorithm;
  }

  @Override
  protected SecretKey engineGenerateSecret(KeySpec spec) throws InvalidKeySpecException {
    if (spec instanceof KeyAttributesMap) {
      KeyAttributesMap map = (KeyAttributesMap) spec;
      return imported(map, KeyParts.bytes(map, KeyAttribute.VALUE));
    }
    if (spec instanceof SecretKeySpec) {
      SecretKeySpec key = (SecretKeySpec) spec;
      requireAlgorithm(key.getAlgorithm());
      return imported(null, key.getEncoded());
    }
    if (spec instanceof DESedeKeySpec && algorithm == SecretAlgorithm.DESEDE) {
      return imported(null, ((DESedeKeySpec) spec).getKey());
    }
    if (spec instanceof AesCmacKdfParameterSpec) {
      AesCmacKdfParameterSpec kdf = (AesCmacKdfParameterSpec) spec;
      AesCmacKdfFixedInputData data = kdf.getFixedInputData();
      byte[] parameter = Parameters.counterKdf(data.getCounterWidth(), data.getPrefix(), data.getSuffix());
      return derived(kdf.getBaseKey(), Mechanisms.SP800_108_COUNTER_KDF, parameter, kdf.getKeyAttributes());
    }
    if (spec instanceof HmacKdfParameterSpec) {
      HmacKdfParameterSpec kdf = (HmacKdfParameterSpec) spec;
      HmacKdfFixedInputData data = kdf.getFixedInputData();
      byte[] parameter =
          Parameters.labelledKdf(
              hash(kdf.getHash()).hmac(), data.getCounterWidth(), data.getLengthWidth(), data.getLabel(),
              data.getContext());
      long mechanism = Mechanisms.CLOUDHSM_SP800_108_COUNTER_KDF;
      return derived(kdf.getBaseKey(), mechanism, parameter, kdf.getKeyAttributes());
    }
    if (spec instanceof HkdfParameterSpec) {
      HkdfParameterSpec kdf = (HkdfParameterSpec) spec;
      byte[] parameter = Parameters.hkdf(hash(kdf.getHash()).mechanism(), kdf.getSalt(), kdf.getInfo());
      return derived(kdf.getBaseKey(), Mechanisms.HKDF_DERIVE, parameter, kdf.getKeyAttributes());
    }
    throw new InvalidKeySpecException(
        "A key for " + algorithm.standardName() + " is made from a KeyAttributesMap with VALUE, a SecretKeySpec"
            + (algorithm == SecretAlgorithm.DESEDE ? ", a DESedeKeySpec" : "") + ", an AesCmacKdfParameterSpec, an"
            + " HmacKdfParameterSpec or an HkdfParameterSpec, not from " + (spec == null ? "null" : spec.getClass().getName()) + ".");
  }

  @Override
  protected KeySpec engineGetKeySpec(SecretKey key, Class<?> kind) throws InvalidKeySpecException {
    byte[] encoded = key == null ? null : key.getEncoded();
    if (encoded == null) {
      throw Errors.staysInside(key);
    }
    try {
      if (kind != null && kind.isAssignableFrom(SecretKeySpec.class)) {
        return new SecretKeySpec(encoded, key.getAlgorithm());
      }
      if (kind == DESedeKeySpec.class && algorithm == SecretAlgorithm.DESEDE) {
        return new DESedeKeySpec(encoded);
      }
    } catch (InvalidKeyException e) {
      throw new InvalidKeySpecException(e.getMessage(), e);
    } finally {
      Arrays.fill(encoded, (byte) 0);
    }
    throw new InvalidKeySpecException(
        "A key for " + algorithm.standardName() + " is described by a SecretKeySpec, not by "
            + (kind == null ? "null" : kind.getName()) + ".");
  }

  @Override
  protected SecretKey engineTranslateKey(SecretKey key) throws InvalidKeyException {
    boolean own = key instanceof HsmKey && ((HsmKey) key).belongsTo(connection);
    if (key == null || !isOf(key.getAlgorithm()) || own && !isStoredAs(key.getAlgorithm())) {
      throw new InvalidKeyException(
          "This factory takes keys for " + algorithm.standardName() + ", not " + SoftwareKeys.describe(key) + ".");
    }
    try {
      if (own) {
        boolean same = key.getAlgorithm().equals(algorithm.standardName());
        return same ? key : Keys.ofSecret(connection, ((HsmKey) key).handle(), algorithm.standardName());
      }
      Map<String, Object> type = Map.of(Attributes.KEY_TYPE, algorithm.keyType());
      long handle = SoftwareKeys.importKey(connection.engine(), key, type);
      return Keys.ofSecret(connection, handle, algorithm.standardName());
    } catch (HsmException e) {
      throw Errors.invalidKey(e);
    }
  }

  private SecretKey imported(KeyAttributesMap map, byte[] value) throws InvalidKeySpecException {
    try {
      Map<String, Object> template =
          Templates.forImport(map, Attributes.CLASS_SECRET_KEY, algorithm.keyType());
      template.put(Attributes.VALUE, value);
      return Keys.ofSecret(connection, connection.engine().importKey(template), algorithm.standardName());
    } catch (HsmException e) {
      throw Errors.keySpec(e);
    } finally {
      Arrays.fill(value, (byte) 0);
    }
  }

  private SecretKey derived(SecretKey baseKey, long mechanism, byte[] parameter, KeyAttributesMap attributes)
      throws InvalidKeySpecException {
    KeyInUse base = null;
    try {
      Map<String, Object> template = Templates.of(attributes);
      algorithm.complete(template);
      base = KeyInUse.of(this, connection, baseKey, Map.of(Attributes.DERIVE, true));
      long handle = connection.engine().derive(base.handle(), mechanism, parameter, template);
      return Keys.ofSecret(connection, handle, algorithm.standardName());
    } catch (HsmException e) {
      throw Errors.keySpec(e);
    } catch (InvalidAlgorithmParameterException | InvalidKeyException e) {
      throw new InvalidKeySpecException(e.getMessage(), e);
    } finally {
      if (base != null) {
        base.release();
      }
      Reference.reachabilityFence(this);
    }
  }

  private void requireAlgorithm(String name) throws InvalidKeySpecException {
    if (!isOf(name)) {
      throw new InvalidKeySpecException(
          "This factory makes keys for " + algorithm.standardName() + "; the specification is of a key for " + name
              + ".");
    }
  }

  /** Any bytes may become a generic secret; a name that the HSM does not know says nothing. */
  private boolean isOf(String name) {
    Optional<SecretAlgorithm> known = SecretAlgorithm.ofName(name);
    return algorithm == SecretAlgorithm.GENERIC_SECRET
        || known.isEmpty()
        || known.get() == SecretAlgorithm.GENERIC_SECRET && algorithm.keyType() == Attributes.TYPE_GENERIC_SECRET
        || known.get() == algorithm;
  }

  /** A key that is in the HSM changes its name, never its type. */
  private boolean isStoredAs(String name) {
    long type = SecretAlgorithm.ofName(name).orElse(SecretAlgorithm.GENERIC_SECRET).keyType();
    return type == algorithm.keyType();
  }

  private static Hash hash(String name) throws InvalidKeySpecException {
    try {
      return Hash.required(name);
    } catch (InvalidAlgorithmParameterException e) {
      throw new InvalidKeySpecException(e.getMessage(), e);
    }
  }
}
