package io.hsmbridge.spi;

import io.hsmbridge.connection.Connection;
import io.hsmbridge.engine.Attributes;
import io.hsmbridge.engine.Errors;
import io.hsmbridge.engine.HsmException;
import io.hsmbridge.engine.ReturnCodes;
import io.hsmbridge.key.HsmKey;
import io.hsmbridge.key.SoftwareKeys;
import java.io.ByteArrayOutputStream;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.spec.AlgorithmParameterSpec;
import java.util.Map;
import javax.crypto.MacSpi;
import javax.crypto.SecretKey;

/**
 * HMAC (FIPS 198-1) and AES-CMAC (NIST SP 800-38B) with keys of the HSM, which takes a message in one piece: it is
 * kept here until {@code doFinal}. From time to time the engine is shown what there is, so that a message that it
 * never would take is refused before it fills the memory.
 */
final class HsmMac extends MacSpi {

  private static final int FIRST_LOOK = 1 << 16;

  private final Connection connection;
  private final long mechanism;
  private final int length;
  private final long keyType;
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();
  private int nextLook = FIRST_LOOK;
  private KeyInUse key;

  private HsmMac(Connection connection, long mechanism, int length, long keyType) {
    this.connection = connection;
    this.mechanism = mechanism;
    this.length = length;
    this.keyType = keyType;
  }

  static HsmMac hmac(Connection connection, long mechanism, Hash hash) {
    return new HsmMac(connection, mechanism, hash.size(), Attributes.TYPE_GENERIC_SECRET);
  }

  static HsmMac cmac(Connection connection, long mechanism) {
    return new HsmMac(connection, mechanism, 16, Attributes.TYPE_AES);
  }

  @Override
  protected int engineGetMacLength() {
    return length;
  }

  @Override
  protected void engineInit(Key newKey, AlgorithmParameterSpec parameters)
      throws InvalidKeyException, InvalidAlgorithmParameterException {
    if (parameters != null) {
      throw new InvalidAlgorithmParameterException("This algorithm has no parameters.");
    }
    engineReset();
    if (key != null) {
      key.release();
      key = null;
    }
    requireKind(newKey);
    key = KeyInUse.of(this, connection, newKey, Map.of(Attributes.KEY_TYPE, keyType));
  }

  @Override
  protected void engineUpdate(byte input) {
    engineUpdate(new byte[] {input}, 0, 1);
  }

  @Override
  protected void engineUpdate(byte[] input, int offset, int count) {
    int position = offset;
    int left = count;
    while (left > 0) {
      int some = Math.min(left, nextLook - data.size());
      data.write(input, position, some);
      position += some;
      left -= some;
      if (left > 0) {
        look();
        nextLook = nextLook > Integer.MAX_VALUE / 2 ? Integer.MAX_VALUE : 2 * nextLook;
      }
    }
  }

  @Override
  protected void engineUpdate(ByteBuffer input) {
    byte[] bytes = new byte[input.remaining()];
    input.get(bytes);
    engineUpdate(bytes, 0, bytes.length);
  }

  @Override
  protected byte[] engineDoFinal() {
    byte[] code = mac();
    engineReset();
    return code;
  }

  @Override
  protected void engineReset() {
    data.reset();
    nextLook = FIRST_LOOK;
  }

  private void look() {
    requireInit();
    try {
      connection.engine().sign(key.handle(), mechanism, null, data.toByteArray());
    } catch (HsmException e) {
      // Approvals are for the whole message.
      if (e.code() != ReturnCodes.QUORUM_REQUIRED) {
        engineReset();
        throw Errors.mac(e);
      }
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  private byte[] mac() {
    requireInit();
    try {
      return connection.sign(key.handle(), mechanism, null, data.toByteArray());
    } catch (HsmException e) {
      engineReset();
      throw Errors.mac(e);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  private void requireInit() {
    if (key == null) {
      throw new IllegalStateException("The message authentication code has no key: call init first.");
    }
  }

  /** A key of the HSM is what its algorithm says; of a software key the bytes are taken, whatever it is called. */
  private void requireKind(Key candidate) throws InvalidKeyException {
    boolean cmac = keyType == Attributes.TYPE_AES;
    String algorithm = candidate instanceof HsmKey ? candidate.getAlgorithm() : "";
    boolean fits = algorithm.isEmpty() || (cmac ? algorithm.equals("AES") : !algorithm.equals("DESede"));
    if (!(candidate instanceof SecretKey) || !fits) {
      throw new InvalidKeyException(
          "This algorithm needs a secret key for " + (cmac ? "AES" : "HMAC, GenericSecret or AES") + ", not "
              + SoftwareKeys.describe(candidate) + ".");
    }
  }
}
