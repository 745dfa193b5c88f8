package io.hsmbridge.spi;

import io.hsmbridge.connection.Connection;
import java.security.InvalidAlgorithmParameterException;
import java.security.spec.AlgorithmParameterSpec;

/** AES key wrap (RFC 3394, RFC 5649, and CloudHSM's with PKCS#5 padding), with the default IV and no other. */
final class AesWrapCipher extends HsmCipher {

  private static final int BLOCK_SIZE = 16;
  private static final int SEMIBLOCK = 8;

  private final Transformation transformation;
  private final long mechanism;

  AesWrapCipher(Connection connection, Transformation transformation, long mechanism) {
    super(connection, transformation);
    this.transformation = transformation;
    this.mechanism = mechanism;
  }

  /** Returns the length of a wrapped key of so many bytes, at most. */
  static int size(int length) {
    return Math.max(3 * SEMIBLOCK, length - length % SEMIBLOCK + 2 * SEMIBLOCK);
  }

  @Override
  void start(AlgorithmParameterSpec spec) throws InvalidAlgorithmParameterException {
    if (spec != null) {
      throw new InvalidAlgorithmParameterException(transformation.name + " has no parameters, and no IV.");
    }
  }

  @Override
  CipherInput newInput(CipherKey key) {
    throw new UnsupportedOperationException(transformation.name + " wraps and unwraps keys only.");
  }

  @Override
  long mechanism() {
    return mechanism;
  }

  @Override
  byte[] parameter() {
    return null;
  }

  @Override
  AlgorithmParameterSpec parameters() {
    return null;
  }

  @Override
  String parametersName() {
    return null;
  }

  @Override
  Class<? extends AlgorithmParameterSpec> parametersClass() {
    return null;
  }

  @Override
  int wrappedSize(int length) {
    return isEncrypting() ? size(length) : length;
  }

  @Override
  protected int engineGetBlockSize() {
    return BLOCK_SIZE;
  }

  @Override
  protected byte[] engineGetIV() {
    return null;
  }
}
