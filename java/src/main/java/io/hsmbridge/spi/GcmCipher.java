package io.hsmbridge.spi;

import static io.hsmbridge.engine.Mechanisms.AES_GCM;
import static io.hsmbridge.engine.Mechanisms.CLOUDHSM_AES_GCM;
import static io.hsmbridge.engine.ReturnCodes.AEAD_DECRYPT_FAILED;
import static io.hsmbridge.engine.ReturnCodes.ENCRYPTED_DATA_LEN_RANGE;

import io.hsmbridge.connection.Connection;
import io.hsmbridge.engine.HsmException;
import io.hsmbridge.engine.Parameters;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.security.InvalidAlgorithmParameterException;
import java.security.spec.AlgorithmParameterSpec;
import java.util.Arrays;
import javax.crypto.spec.GCMParameterSpec;

/**
 * AES in GCM mode (NIST SP 800-38D). To encrypt and to wrap the HSM makes a new IV for every operation, which is known
 * when the operation is done; an IV that the caller gives is not used. There is one length of tags.
 */
final class GcmCipher extends HsmCipher {

  private static final int BLOCK_SIZE = 16;
  private static final int TAG_BITS = 128;
  private static final int TAG_SIZE = TAG_BITS / Byte.SIZE;

  /** Of the IVs that the HSM makes; it puts them before the ciphertext. */
  private static final int IV_SIZE = 12;

  private final ByteArrayOutputStream aad = new ByteArrayOutputStream();
  private WholeInput data;
  private byte[] iv;

  GcmCipher(Connection connection, Transformation transformation) {
    super(connection, transformation);
  }

  @Override
  void start(AlgorithmParameterSpec spec) throws InvalidAlgorithmParameterException {
    iv = null;
    if (spec == null) {
      if (!isEncrypting()) {
        throw new InvalidAlgorithmParameterException(
            "Parameters missing: give a GCMParameterSpec with the IV that getIV() returned after the encryption.");
      }
      return;
    }
    if (!(spec instanceof GCMParameterSpec)) {
      throw new InvalidAlgorithmParameterException(
          "Wrong parameter type: GCM takes a GCMParameterSpec, not a " + spec.getClass().getName() + ".");
    }
    GCMParameterSpec given = (GCMParameterSpec) spec;
    if (given.getTLen() != TAG_BITS) {
      throw new InvalidAlgorithmParameterException(
          "The HSM's GCM tags have " + TAG_BITS + " bits, not " + given.getTLen() + ".");
    }
    if (!isEncrypting()) {
      iv = given.getIV();
      if (iv.length == 0) {
        throw new InvalidAlgorithmParameterException(
            "The IV is empty; give the one that getIV() returned after the encryption.");
      }
    }
  }

  @Override
  CipherInput newInput(CipherKey key) {
    data =
        isEncrypting()
            ? new WholeInput(plain -> seal(key, plain), size -> size + TAG_SIZE)
            : new WholeInput(sealed -> open(key, sealed), size -> Math.max(0, size - TAG_SIZE));
    return data;
  }

  private byte[] seal(CipherKey key, byte[] plain) {
    return received(key.apply(true, mechanism(), parameter(), plain));
  }

  /** Data too short for a tag have a wrong tag, as in SunJCE. */
  private byte[] open(CipherKey key, byte[] sealed) {
    try {
      return key.apply(false, mechanism(), parameter(), sealed);
    } catch (HsmException e) {
      if (e.code() == ENCRYPTED_DATA_LEN_RANGE) {
        throw new HsmException(AEAD_DECRYPT_FAILED, e.getMessage());
      }
      throw e;
    }
  }

  @Override
  long mechanism() {
    return isEncrypting() ? CLOUDHSM_AES_GCM : AES_GCM;
  }

  @Override
  byte[] parameter() {
    return Parameters.gcm(isEncrypting() ? new byte[0] : iv, aad.toByteArray(), TAG_BITS);
  }

  @Override
  byte[] received(byte[] sealed) {
    iv = Arrays.copyOf(sealed, IV_SIZE);
    return Arrays.copyOfRange(sealed, IV_SIZE, sealed.length);
  }

  @Override
  void restart() {
    super.restart();
    aad.reset();
  }

  @Override
  protected void engineUpdateAAD(byte[] bytes, int offset, int length) {
    if (!data.isEmpty()) {
      throw new IllegalStateException(
          "Additional authenticated data comes before the data; update was called already.");
    }
    aad.write(bytes, offset, length);
  }

  @Override
  protected void engineUpdateAAD(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    engineUpdateAAD(bytes, 0, bytes.length);
  }

  @Override
  AlgorithmParameterSpec parameters() {
    return iv == null ? null : new GCMParameterSpec(TAG_BITS, iv);
  }

  @Override
  String parametersName() {
    return "GCM";
  }

  @Override
  Class<? extends AlgorithmParameterSpec> parametersClass() {
    return GCMParameterSpec.class;
  }

  @Override
  int wrappedSize(int length) {
    return isEncrypting() ? length + TAG_SIZE : length;
  }

  @Override
  protected int engineGetBlockSize() {
    return BLOCK_SIZE;
  }

  @Override
  protected byte[] engineGetIV() {
    return iv == null ? null : iv.clone();
  }
}
