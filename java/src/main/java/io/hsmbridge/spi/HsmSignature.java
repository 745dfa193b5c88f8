package io.hsmbridge.spi;

import io.hsmbridge.engine.Connection;
import io.hsmbridge.engine.Errors;
import io.hsmbridge.engine.HsmException;
import io.hsmbridge.engine.ReturnCodes;
import io.hsmbridge.key.HsmKey;
import io.hsmbridge.key.SoftwareKeys;
import java.nio.ByteBuffer;
import java.security.AlgorithmParameters;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.InvalidParameterException;
import java.security.Key;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SignatureException;
import java.security.SignatureSpi;
import java.security.spec.AlgorithmParameterSpec;

/** Signs and verifies with keys of the HSM. */
final class HsmSignature extends SignatureSpi {

  private final Connection connection;
  private final long mechanism;
  private final String keyAlgorithm;
  private final SignatureInput input;
  private HsmKey key;
  private ImportedKey imported;

  HsmSignature(Connection connection, long mechanism, String keyAlgorithm, SignatureInput input) {
    this.connection = connection;
    this.mechanism = mechanism;
    this.keyAlgorithm = keyAlgorithm;
    this.input = input;
  }

  @Override
  protected void engineInitSign(PrivateKey privateKey) throws InvalidKeyException {
    restart();
    if (privateKey instanceof HsmKey && !isOwn(privateKey)) {
      throw new InvalidKeyException(privateKey + " was made through another provider instance; use that instance.");
    }
    if (!isOwn(privateKey)) {
      throw new InvalidKeyException(
          "The HSM signs with its own keys only, not with " + SoftwareKeys.describe(privateKey)
              + ". Import it first: with setKeyEntry of a CloudHSM keystore, or with `hsmbridge import FILE`.");
    }
    key = checked((HsmKey) privateKey);
  }

  @Override
  protected void engineInitVerify(PublicKey publicKey) throws InvalidKeyException {
    restart();
    if (isOwn(publicKey)) {
      key = checked((HsmKey) publicKey);
    } else {
      requireAlgorithm(publicKey);
      imported = ImportedKey.of(this, connection, publicKey);
    }
  }

  @Override
  protected void engineUpdate(byte b) {
    input.update(new byte[] {b}, 0, 1);
  }

  @Override
  protected void engineUpdate(byte[] data, int offset, int length) {
    input.update(data, offset, length);
  }

  @Override
  protected void engineUpdate(ByteBuffer data) {
    input.update(data);
  }

  @Override
  protected byte[] engineSign() throws SignatureException {
    byte[] data = input.finish();
    try {
      return connection.engine().sign(handle(), mechanism, data);
    } catch (HsmException e) {
      throw Errors.signature(e);
    }
  }

  @Override
  protected boolean engineVerify(byte[] signature) throws SignatureException {
    byte[] data = input.finish();
    if (keyAlgorithm.equals("EC")) {
      EcdsaEncoding.require(signature);
    }
    try {
      connection.engine().verify(handle(), mechanism, data, signature);
      return true;
    } catch (HsmException e) {
      if (e.code() == ReturnCodes.SIGNATURE_INVALID) {
        return false;
      }
      throw Errors.signature(e);
    }
  }

  @Override
  protected void engineSetParameter(AlgorithmParameterSpec parameters) throws InvalidAlgorithmParameterException {
    if (parameters != null) {
      throw new InvalidAlgorithmParameterException("This signature algorithm has no parameters.");
    }
  }

  @Override
  protected AlgorithmParameters engineGetParameters() {
    return null;
  }

  @Deprecated
  @Override
  protected void engineSetParameter(String name, Object value) {
    throw new InvalidParameterException("This signature algorithm has no parameters.");
  }

  @Deprecated
  @Override
  protected Object engineGetParameter(String name) {
    throw new InvalidParameterException("This signature algorithm has no parameters.");
  }

  private void restart() {
    input.reset();
    key = null;
    if (imported != null) {
      imported.release();
      imported = null;
    }
  }

  private boolean isOwn(Key candidate) {
    return candidate instanceof HsmKey && ((HsmKey) candidate).belongsTo(connection);
  }

  private HsmKey checked(HsmKey candidate) throws InvalidKeyException {
    requireAlgorithm(candidate);
    if (candidate.isDestroyed()) {
      throw new InvalidKeyException(candidate + " is destroyed.");
    }
    return candidate;
  }

  private void requireAlgorithm(Key candidate) throws InvalidKeyException {
    String algorithm = candidate == null ? "" : candidate.getAlgorithm();
    boolean matches = keyAlgorithm.equals(algorithm) || keyAlgorithm.equals("EC") && "ECDSA".equals(algorithm);
    if (!matches) {
      throw new InvalidKeyException(
          "This signature needs a key for " + keyAlgorithm + ", not " + SoftwareKeys.describe(candidate) + ".");
    }
  }

  private long handle() throws SignatureException {
    if (imported != null) {
      return imported.handle();
    }
    if (key == null) {
      throw new SignatureException("The signature has no key: call initSign or initVerify first.");
    }
    if (key.isDestroyed()) {
      throw new SignatureException(key + " was destroyed after the signature was initialised.");
    }
    return key.handle();
  }
}
