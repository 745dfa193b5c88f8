package io.hsmbridge.spi;

import io.hsmbridge.connection.Connection;
import io.hsmbridge.engine.Errors;
import io.hsmbridge.engine.HsmException;
import io.hsmbridge.engine.ReturnCodes;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.security.AlgorithmParameters;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.InvalidParameterException;
import java.security.Key;
import java.security.PrivateKey;
import java.security.ProviderException;
import java.security.PublicKey;
import java.security.SignatureException;
import java.security.SignatureSpi;
import java.security.spec.AlgorithmParameterSpec;
import java.util.Map;

/** Signs and verifies with keys of the HSM. */
final class HsmSignature extends SignatureSpi {

  private final Connection connection;
  private final long mechanism;
  private final SignatureScheme scheme;
  private KeyInUse key;
  private boolean started;

  HsmSignature(Connection connection, long mechanism, SignatureScheme scheme) {
    this.connection = connection;
    this.mechanism = mechanism;
    this.scheme = scheme;
  }

  @Override
  protected void engineInitSign(PrivateKey privateKey) throws InvalidKeyException {
    use(privateKey);
  }

  @Override
  protected void engineInitVerify(PublicKey publicKey) throws InvalidKeyException {
    use(publicKey);
  }

  @Override
  protected void engineUpdate(byte b) throws SignatureException {
    engineUpdate(new byte[] {b}, 0, 1);
  }

  @Override
  protected void engineUpdate(byte[] data, int offset, int length) throws SignatureException {
    scheme.input().update(data, offset, length);
    started = true;
  }

  @Override
  protected void engineUpdate(ByteBuffer data) {
    try {
      scheme.input().update(data);
    } catch (SignatureException e) {
      throw new ProviderException(e.getMessage(), e);
    }
    started = true;
  }

  @Override
  protected byte[] engineSign() throws SignatureException {
    byte[] data = finish();
    try {
      return scheme.encode(connection.sign(handle(), mechanism, scheme.parameter(), data));
    } catch (HsmException e) {
      throw Errors.signature(e);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  @Override
  protected boolean engineVerify(byte[] signature) throws SignatureException {
    byte[] data = finish();
    byte[] decoded = scheme.decode(signature);
    if (decoded == null) {
      return false;
    }
    try {
      connection.engine().verify(handle(), mechanism, scheme.parameter(), data, decoded);
      return true;
    } catch (HsmException e) {
      if (e.code() == ReturnCodes.SIGNATURE_INVALID) {
        return false;
      }
      throw Errors.signature(e);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  @Override
  protected void engineSetParameter(AlgorithmParameterSpec parameters) throws InvalidAlgorithmParameterException {
    if (started) {
      throw new ProviderException("Cannot set parameters during operations: data was given already.");
    }
    scheme.setParameters(parameters);
  }

  @Override
  protected AlgorithmParameters engineGetParameters() {
    return scheme.parameters();
  }

  @Deprecated
  @Override
  protected void engineSetParameter(String name, Object value) {
    throw new InvalidParameterException("Parameters are set as an AlgorithmParameterSpec, not by name.");
  }

  @Deprecated
  @Override
  protected Object engineGetParameter(String name) {
    throw new InvalidParameterException("Parameters are had from getParameters(), not by name.");
  }

  private void use(Key candidate) throws InvalidKeyException {
    scheme.reset();
    started = false;
    if (key != null) {
      key.release();
      key = null;
    }
    scheme.requireKey(candidate);
    KeyInUse next = KeyInUse.of(this, connection, candidate, Map.of());
    if (scheme.looksAtAttributes()) {
      requireAttributes(next);
    }
    key = next;
  }

  private void requireAttributes(KeyInUse next) throws InvalidKeyException {
    try {
      scheme.requireAttributes(connection.engine().attributes(next.handle()));
    } catch (HsmException e) {
      next.release();
      throw Errors.invalidKey(e);
    } catch (InvalidKeyException e) {
      next.release();
      throw e;
    }
  }

  private byte[] finish() throws SignatureException {
    started = false;
    return scheme.input().finish();
  }

  private long handle() throws SignatureException {
    if (key == null) {
      throw new SignatureException("The signature has no key: call initSign or initVerify first.");
    }
    try {
      return key.handle();
    } catch (IllegalStateException e) {
      throw new SignatureException(e.getMessage(), e);
    }
  }
}
