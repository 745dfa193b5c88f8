package io.hsmbridge.spi;

import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import com.amazonaws.cloudhsm.jce.provider.spec.EcdhWithX963KdfParamSpec;
import io.hsmbridge.connection.Connection;
import io.hsmbridge.engine.Attributes;
import io.hsmbridge.engine.Engine;
import io.hsmbridge.engine.Errors;
import io.hsmbridge.engine.HsmException;
import io.hsmbridge.engine.Mechanisms;
import io.hsmbridge.engine.Parameters;
import io.hsmbridge.key.Curve;
import io.hsmbridge.key.HsmKey;
import io.hsmbridge.key.Keys;
import io.hsmbridge.key.SoftwareKeys;
import java.lang.ref.Reference;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.interfaces.ECKey;
import java.security.interfaces.ECPublicKey;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECParameterSpec;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import javax.crypto.KeyAgreementSpi;
import javax.crypto.SecretKey;
import javax.crypto.ShortBufferException;

/**
 * ECDH inside of the HSM, with a KDF of ANSI X9.63 or without. The result is a key of the HSM; its bytes are given only
 * where the HSM gives keys in clear.
 */
final class HsmKeyAgreement extends KeyAgreementSpi {

  /** What TLS calls a shared secret. */
  private static final String PREMASTER = "TlsPremasterSecret";

  private final Connection connection;
  private final long mechanism;
  private final long kdf;
  private KeyInUse key;
  private Optional<Curve> curve;
  private byte[] sharedInfo;
  private KeyAttributesMap attributes;
  private byte[] peer;

  HsmKeyAgreement(Connection connection, long mechanism, long kdf) {
    this.connection = connection;
    this.mechanism = mechanism;
    this.kdf = kdf;
  }

  @Override
  protected void engineInit(Key newKey, SecureRandom random) throws InvalidKeyException {
    use(newKey, new byte[0], null);
  }

  @Override
  protected void engineInit(Key newKey, AlgorithmParameterSpec parameters, SecureRandom random)
      throws InvalidKeyException, InvalidAlgorithmParameterException {
    if (parameters == null || parameters instanceof KeyAttributesMap) {
      use(newKey, new byte[0], (KeyAttributesMap) parameters);
    } else if (parameters instanceof EcdhWithX963KdfParamSpec && kdf != Mechanisms.KDF_NULL) {
      EcdhWithX963KdfParamSpec spec = (EcdhWithX963KdfParamSpec) parameters;
      use(newKey, spec.getSharedInfo(), spec.getKeyAttributes());
    } else {
      throw new InvalidAlgorithmParameterException(
          "This key agreement takes a KeyAttributesMap" + (kdf == Mechanisms.KDF_NULL ? "" : " or an"
              + " EcdhWithX963KdfParamSpec") + ", not " + parameters.getClass().getName() + ".");
    }
  }

  @Override
  protected Key engineDoPhase(Key otherKey, boolean lastPhase) throws InvalidKeyException {
    if (key == null) {
      throw new IllegalStateException("The key agreement is not initialised: call init with a private key.");
    }
    if (peer != null) {
      throw new IllegalStateException("Phase already executed: generate the secret, or call init again.");
    }
    if (!lastPhase) {
      throw new IllegalStateException("Only two party agreement supported, lastPhase must be true.");
    }
    peer = checked(otherKey);
    return null;
  }

  @Override
  protected byte[] engineGenerateSecret() {
    byte[] secret = rawSecret();
    peer = null;
    return secret;
  }

  @Override
  protected int engineGenerateSecret(byte[] room, int offset) throws ShortBufferException {
    byte[] secret = rawSecret();
    if (secret.length > room.length - offset) {
      throw new ShortBufferException(
          "The secret has " + secret.length + " bytes, and " + (room.length - offset) + " are left in the array.");
    }
    System.arraycopy(secret, 0, room, offset, secret.length);
    peer = null;
    return secret.length;
  }

  @Override
  protected SecretKey engineGenerateSecret(String algorithm) throws NoSuchAlgorithmException, InvalidKeyException {
    Optional<SecretAlgorithm> known = SecretAlgorithm.ofName(algorithm);
    if (known.isEmpty() && !PREMASTER.equalsIgnoreCase(algorithm)) {
      throw new NoSuchAlgorithmException(
          "The HSM derives keys for AES, DESede, GenericSecret, HmacSHA1 to HmacSHA512 and " + PREMASTER + ", not for "
              + algorithm + ".");
    }
    requirePeer();
    try {
      long handle = derive(template(known.orElse(SecretAlgorithm.GENERIC_SECRET)));
      peer = null;
      return Keys.ofSecret(connection, handle, known.map(SecretAlgorithm::standardName).orElse(PREMASTER));
    } catch (HsmException e) {
      throw Errors.invalidKey(e);
    } catch (InvalidAlgorithmParameterException e) {
      throw new InvalidKeyException(e.getMessage(), e);
    }
  }

  private void use(Key newKey, byte[] newSharedInfo, KeyAttributesMap newAttributes) throws InvalidKeyException {
    if (key != null) {
      key.release();
      key = null;
    }
    peer = null;
    if (!(newKey instanceof PrivateKey) || !isEc(newKey)) {
      throw new InvalidKeyException("ECDH needs an EC private key, not " + SoftwareKeys.describe(newKey) + ".");
    }
    curve = curveOf(newKey);
    key = KeyInUse.of(this, connection, newKey, Map.of(Attributes.DERIVE, true));
    sharedInfo = newSharedInfo;
    attributes = newAttributes == null ? null : new KeyAttributesMap(newAttributes);
  }

  /** Returns the other side's key if it is a point on the right curve; the engine judges that of a foreign one. */
  private byte[] checked(Key otherKey) throws InvalidKeyException {
    if (!(otherKey instanceof PublicKey) || !isEc(otherKey) || !"X.509".equals(otherKey.getFormat())) {
      throw new InvalidKeyException("ECDH needs an EC public key, not " + SoftwareKeys.describe(otherKey) + ".");
    }
    if (otherKey instanceof ECPublicKey && curve.isPresent() && !curve.equals(curveOf(otherKey))) {
      throw new InvalidKeyException(
          "The two keys of an ECDH key agreement are on one curve; the public key is not on " + curve.get() + ".");
    }
    if (!(otherKey instanceof HsmKey)) {
      ImportedKey.of(this, connection, otherKey).release();
    }
    return otherKey.getEncoded();
  }

  private Map<String, Object> template(SecretAlgorithm algorithm) throws InvalidAlgorithmParameterException {
    Map<String, Object> template = Templates.of(attributes);
    boolean whole = kdf == Mechanisms.KDF_NULL && algorithm.keyType() == Attributes.TYPE_GENERIC_SECRET;
    if (whole && !template.containsKey(Attributes.VALUE_LEN)) {
      template.put(Attributes.KEY_TYPE, algorithm.keyType());
    } else {
      algorithm.complete(template);
    }
    return template;
  }

  private byte[] rawSecret() {
    requirePeer();
    Engine engine = connection.engine();
    try {
      Map<String, Object> template = new HashMap<>(template(SecretAlgorithm.GENERIC_SECRET));
      template.remove(Attributes.LABEL);
      template.put(Attributes.TOKEN, false);
      long handle = derive(template);
      try {
        return engine.export(handle);
      } finally {
        engine.destroy(handle);
      }
    } catch (HsmException e) {
      throw Errors.agreement(e);
    } catch (InvalidAlgorithmParameterException e) {
      throw new IllegalStateException(e.getMessage(), e);
    }
  }

  private long derive(Map<String, Object> template) {
    try {
      return connection.engine().derive(key.handle(), mechanism, Parameters.ecdh(kdf, sharedInfo, peer), template);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  private void requirePeer() {
    if (key == null || peer == null) {
      throw new IllegalStateException("The key agreement lacks the other side's key: call init, then doPhase.");
    }
  }

  private static boolean isEc(Key candidate) {
    return Arrays.asList("EC", "ECDSA", "ECDH").contains(candidate.getAlgorithm());
  }

  private static Optional<Curve> curveOf(Key candidate) {
    ECParameterSpec parameters = candidate instanceof ECKey ? ((ECKey) candidate).getParams() : null;
    return parameters == null ? Optional.empty() : Curve.ofParameters(parameters);
  }
}
