package io.hsmbridge.spi;

import io.hsmbridge.connection.Connection;
import io.hsmbridge.engine.Errors;
import io.hsmbridge.engine.HsmException;
import java.security.InvalidAlgorithmParameterException;
import java.security.spec.AlgorithmParameterSpec;
import javax.crypto.spec.IvParameterSpec;

/** AES and DESede in ECB, CBC and CTR mode. An IV that the caller does not give to encrypt is the HSM's. */
final class BlockCipher extends HsmCipher {

  private final Transformation transformation;
  private final BlockMode mode;
  private final int blockSize;
  private final long mechanism;
  private final long finalMechanism;
  private byte[] iv;

  /**
   * Makes a cipher.
   *
   * @param blockSize in bytes
   * @param mechanism for whole blocks
   * @param finalMechanism for the last data: another one if it pads
   */
  BlockCipher(
      Connection connection,
      Transformation transformation,
      BlockMode mode,
      int blockSize,
      long mechanism,
      long finalMechanism) {
    super(connection, transformation);
    this.transformation = transformation;
    this.mode = mode;
    this.blockSize = blockSize;
    this.mechanism = mechanism;
    this.finalMechanism = finalMechanism;
  }

  @Override
  void start(AlgorithmParameterSpec spec) throws InvalidAlgorithmParameterException {
    if (mode == BlockMode.ECB) {
      if (spec != null) {
        throw new InvalidAlgorithmParameterException(transformation.name + " has no parameters.");
      }
      return;
    }
    iv = spec == null ? randomIv() : givenIv(spec);
  }

  private byte[] randomIv() throws InvalidAlgorithmParameterException {
    if (!isEncrypting()) {
      throw new InvalidAlgorithmParameterException(
          "Parameters missing: give the IV of the encryption as an IvParameterSpec.");
    }
    try {
      return connection.engine().random(blockSize);
    } catch (HsmException e) {
      throw Errors.unchecked(e);
    }
  }

  private byte[] givenIv(AlgorithmParameterSpec spec) throws InvalidAlgorithmParameterException {
    if (!(spec instanceof IvParameterSpec)) {
      throw new InvalidAlgorithmParameterException(
          "Wrong parameter type: " + transformation.name + " takes an IvParameterSpec, not a "
              + spec.getClass().getName() + ".");
    }
    byte[] given = ((IvParameterSpec) spec).getIV();
    if (given.length != blockSize) {
      throw new InvalidAlgorithmParameterException(
          "Wrong IV length: must be " + blockSize + " bytes long, not " + given.length + ".");
    }
    return given;
  }

  @Override
  CipherInput newInput(CipherKey key) {
    return new BlockInput(key, isEncrypting(), mode, blockSize, mechanism, finalMechanism, iv);
  }

  @Override
  long mechanism() {
    return mechanism;
  }

  @Override
  byte[] parameter() {
    return mode.parameter(iv);
  }

  @Override
  AlgorithmParameterSpec parameters() {
    return iv == null ? null : new IvParameterSpec(iv);
  }

  @Override
  String parametersName() {
    return transformation.keyAlgorithm;
  }

  @Override
  Class<? extends AlgorithmParameterSpec> parametersClass() {
    return mode == BlockMode.ECB ? null : IvParameterSpec.class;
  }

  @Override
  int wrappedSize(int length) {
    return length;
  }

  @Override
  protected int engineGetBlockSize() {
    return blockSize;
  }

  @Override
  protected byte[] engineGetIV() {
    return iv == null ? null : iv.clone();
  }
}
