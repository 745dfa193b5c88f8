package io.hsmbridge.spi;

import static io.hsmbridge.engine.Mechanisms.RSA_AES_KEY_WRAP;

import io.hsmbridge.connection.Connection;
import java.security.InvalidAlgorithmParameterException;
import java.security.spec.AlgorithmParameterSpec;
import javax.crypto.spec.OAEPParameterSpec;

/** RSA with each of its paddings, and RSA-AES key wrap, in which RSA encrypts a temporary AES key. */
final class RsaCipher extends HsmCipher {

  private static final int TEMPORARY_AES_BITS = 256;

  private final Transformation transformation;
  private final long mechanism;
  private final Oaep standard;
  private final boolean anyHash;
  private Oaep oaep;

  /** Makes a cipher without parameters. */
  RsaCipher(Connection connection, Transformation transformation, long mechanism) {
    this(connection, transformation, mechanism, null, false);
  }

  /**
   * Makes a cipher with OAEP.
   *
   * @param standard the parameters that it has if the caller gives none
   * @param anyHash whether the caller may give others with another hash
   */
  RsaCipher(
      Connection connection, Transformation transformation, long mechanism, Oaep standard, boolean anyHash) {
    super(connection, transformation);
    this.transformation = transformation;
    this.mechanism = mechanism;
    this.standard = standard;
    this.anyHash = anyHash;
  }

  @Override
  void start(AlgorithmParameterSpec spec) throws InvalidAlgorithmParameterException {
    if (standard != null) {
      oaep = standard.with(spec, anyHash);
    } else if (spec != null) {
      throw new InvalidAlgorithmParameterException(transformation.name + " has no parameters.");
    }
  }

  @Override
  CipherInput newInput(CipherKey key) {
    int modulus = key.modulusBytes();
    return new WholeInput(data -> key.apply(isEncrypting(), mechanism, parameter(), data), size -> modulus);
  }

  @Override
  long mechanism() {
    return mechanism;
  }

  @Override
  byte[] parameter() {
    if (oaep == null) {
      return null;
    }
    return mechanism == RSA_AES_KEY_WRAP ? oaep.parameter(TEMPORARY_AES_BITS) : oaep.parameter();
  }

  @Override
  AlgorithmParameterSpec parameters() {
    return oaep == null ? null : oaep.spec();
  }

  @Override
  String parametersName() {
    return "OAEP";
  }

  @Override
  Class<? extends AlgorithmParameterSpec> parametersClass() {
    return standard == null ? null : OAEPParameterSpec.class;
  }

  @Override
  int wrappedSize(int length) {
    if (!isEncrypting()) {
      return length;
    }
    int modulus = key().modulusBytes();
    return mechanism == RSA_AES_KEY_WRAP ? modulus + AesWrapCipher.size(length) : modulus;
  }

  /** RSA has no blocks. */
  @Override
  protected int engineGetBlockSize() {
    return 0;
  }

  @Override
  protected byte[] engineGetIV() {
    return null;
  }
}
