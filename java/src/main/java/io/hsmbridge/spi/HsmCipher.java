package io.hsmbridge.spi;

import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import com.amazonaws.cloudhsm.jce.provider.spec.UnwrapParameterSpec;
import io.hsmbridge.connection.Connection;
import io.hsmbridge.engine.Attributes;
import io.hsmbridge.engine.Errors;
import io.hsmbridge.engine.HsmException;
import io.hsmbridge.engine.Values;
import io.hsmbridge.key.HsmKey;
import io.hsmbridge.key.SoftwareKeys;
import java.nio.ByteBuffer;
import java.security.AlgorithmParameters;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.ProviderException;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.interfaces.RSAKey;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.InvalidParameterSpecException;
import java.util.Arrays;
import java.util.Map;
import javax.crypto.BadPaddingException;
import javax.crypto.Cipher;
import javax.crypto.CipherSpi;
import javax.crypto.IllegalBlockSizeException;
import javax.crypto.NoSuchPaddingException;
import javax.crypto.SecretKey;
import javax.crypto.ShortBufferException;

/** What all ciphers share: modes, keys, every form of update and doFinal, wrapping and unwrapping. */
abstract class HsmCipher extends CipherSpi {

  final Connection connection;
  private final Transformation transformation;
  private int mode;
  private CipherKey key;
  private CipherInput input;
  private UnwrappedKey unwrapped;

  HsmCipher(Connection connection, Transformation transformation) {
    this.connection = connection;
    this.transformation = transformation;
  }

  /** Takes the parameters of an initialisation, null if there are none; the mode is known. */
  abstract void start(AlgorithmParameterSpec spec) throws InvalidAlgorithmParameterException;

  /** Makes the way for data; only called for the modes that encrypt and decrypt. */
  abstract CipherInput newInput(CipherKey cipherKey);

  /** Returns the mechanism for the mode, to wrap or unwrap. */
  abstract long mechanism();

  /** Returns the mechanism's parameter for the mode, null if it has none. */
  abstract byte[] parameter();

  /** Returns the cipher's own parameters as they are in effect, null if there are none. */
  abstract AlgorithmParameterSpec parameters();

  /** Returns the JCA name of {@link #parameters()} and their class, of which {@code AlgorithmParameters} are made. */
  abstract String parametersName();

  abstract Class<? extends AlgorithmParameterSpec> parametersClass();

  /** Takes what belongs to the cipher out of a wrapped key. */
  byte[] received(byte[] wrapped) {
    return wrapped;
  }

  /** Forgets the data, as after an operation. */
  void restart() {
    if (input != null) {
      input.reset();
    }
  }

  final boolean isEncrypting() {
    return mode == Cipher.ENCRYPT_MODE || mode == Cipher.WRAP_MODE;
  }

  final CipherKey key() {
    return key;
  }

  @Override
  protected final void engineInit(int opmode, Key newKey, SecureRandom random) throws InvalidKeyException {
    try {
      init(opmode, newKey, null);
    } catch (InvalidAlgorithmParameterException e) {
      throw new InvalidKeyException(e.getMessage(), e);
    }
  }

  @Override
  protected final void engineInit(int opmode, Key newKey, AlgorithmParameterSpec spec, SecureRandom random)
      throws InvalidKeyException, InvalidAlgorithmParameterException {
    init(opmode, newKey, spec);
  }

  @Override
  protected final void engineInit(int opmode, Key newKey, AlgorithmParameters parameters, SecureRandom random)
      throws InvalidKeyException, InvalidAlgorithmParameterException {
    init(opmode, newKey, parameters == null ? null : spec(parameters));
  }

  private AlgorithmParameterSpec spec(AlgorithmParameters parameters) throws InvalidAlgorithmParameterException {
    if (parametersClass() == null) {
      throw new InvalidAlgorithmParameterException(transformation.name + " has no parameters.");
    }
    try {
      return parameters.getParameterSpec(parametersClass());
    } catch (InvalidParameterSpecException e) {
      throw new InvalidAlgorithmParameterException(
          transformation.name + " needs parameters for " + parametersName() + ", not for "
              + parameters.getAlgorithm() + ".",
          e);
    }
  }

  private void init(int opmode, Key newKey, AlgorithmParameterSpec spec)
      throws InvalidKeyException, InvalidAlgorithmParameterException {
    end();
    transformation.requireMode(opmode);
    mode = opmode;
    requireKind(newKey);
    AlgorithmParameterSpec own = spec;
    KeyAttributesMap attributes = null;
    if (spec instanceof KeyAttributesMap) {
      own = null;
      attributes = (KeyAttributesMap) spec;
    } else if (spec instanceof UnwrapParameterSpec) {
      own = ((UnwrapParameterSpec) spec).getCipherParameters();
      attributes = ((UnwrapParameterSpec) spec).getKeyAttributes();
    }
    if (attributes != null && mode != Cipher.UNWRAP_MODE) {
      throw new InvalidAlgorithmParameterException("Attributes of a key are given to unwrap it, in UNWRAP_MODE only.");
    }
    unwrapped = new UnwrappedKey(attributes);
    start(own);
    key = new CipherKey(connection, newKey);
    boolean forData = mode == Cipher.ENCRYPT_MODE || mode == Cipher.DECRYPT_MODE;
    input = forData ? newInput(key) : null;
  }

  private void requireKind(Key candidate) throws InvalidKeyException {
    Class<? extends Key> half = isEncrypting() ? PublicKey.class : PrivateKey.class;
    Class<? extends Key> kind = transformation.keyAlgorithm.equals("RSA") ? half : SecretKey.class;
    if (!kind.isInstance(candidate) || !transformation.hasKeysFor(candidate.getAlgorithm())) {
      throw new InvalidKeyException(
          transformation.name + " needs a " + kind.getSimpleName() + " for " + transformation.keyAlgorithm + ", not "
              + SoftwareKeys.describe(candidate) + ".");
    }
  }

  private void end() {
    restart();
    input = null;
    if (key != null) {
      key.release();
      key = null;
    }
  }

  @Override
  protected final byte[] engineUpdate(byte[] data, int offset, int length) {
    byte[] result = new byte[input.updateSize(length)];
    update(data, offset, length, ByteBuffer.wrap(result));
    return result;
  }

  @Override
  protected final int engineUpdate(byte[] data, int offset, int length, byte[] output, int outputOffset)
      throws ShortBufferException {
    requireRoom(output.length - outputOffset, input.updateSize(length));
    ByteBuffer place = ByteBuffer.wrap(output, outputOffset, output.length - outputOffset);
    update(data, offset, length, place);
    return place.position() - outputOffset;
  }

  private void update(byte[] data, int offset, int length, ByteBuffer output) {
    try {
      input.update(data, offset, length, output);
    } catch (HsmException e) {
      restart();
      throw Errors.unchecked(e);
    } catch (IllegalStateException e) {
      restart();
      throw e;
    }
  }

  /** Works with any two buffers, also of the same memory: all is read before anything is written. */
  @Override
  protected final int engineUpdate(ByteBuffer data, ByteBuffer output) throws ShortBufferException {
    requireRoom(output.remaining(), input.updateSize(data.remaining()));
    byte[] bytes = copy(data);
    try {
      byte[] result = engineUpdate(bytes, 0, bytes.length);
      data.position(data.limit());
      return put(result, output);
    } finally {
      Arrays.fill(bytes, (byte) 0);
    }
  }

  @Override
  protected final byte[] engineDoFinal(byte[] data, int offset, int length)
      throws IllegalBlockSizeException, BadPaddingException {
    byte[] result = finish(data, offset, length);
    restart();
    return result;
  }

  @Override
  protected final int engineDoFinal(byte[] data, int offset, int length, byte[] output, int outputOffset)
      throws ShortBufferException, IllegalBlockSizeException, BadPaddingException {
    int room = output.length - outputOffset;
    return finish(data, offset, length, ByteBuffer.wrap(output, outputOffset, room));
  }

  @Override
  protected final int engineDoFinal(ByteBuffer data, ByteBuffer output)
      throws ShortBufferException, IllegalBlockSizeException, BadPaddingException {
    byte[] bytes = copy(data);
    try {
      int size = finish(bytes, 0, bytes.length, output);
      data.position(data.limit());
      return size;
    } finally {
      Arrays.fill(bytes, (byte) 0);
    }
  }

  /** Puts the rest where it belongs; if it does not fit, nothing has changed. */
  private int finish(byte[] data, int offset, int length, ByteBuffer output)
      throws ShortBufferException, IllegalBlockSizeException, BadPaddingException {
    byte[] result = finish(data, offset, length);
    try {
      requireRoom(output.remaining(), result.length);
    } catch (ShortBufferException e) {
      Arrays.fill(result, (byte) 0);
      throw e;
    }
    restart();
    return put(result, output);
  }

  private byte[] finish(byte[] data, int offset, int length) throws IllegalBlockSizeException, BadPaddingException {
    try {
      return input.finish(data, offset, length);
    } catch (HsmException e) {
      restart();
      throw Errors.cipher(e);
    } catch (IllegalBlockSizeException | IllegalStateException e) {
      restart();
      throw e;
    }
  }

  private static void requireRoom(int room, int needed) throws ShortBufferException {
    if (room < needed) {
      throw new ShortBufferException(
          "The output buffer has room for " + room + " bytes, and " + needed + " are needed.");
    }
  }

  private static byte[] copy(ByteBuffer data) {
    byte[] bytes = new byte[data.remaining()];
    data.duplicate().get(bytes);
    return bytes;
  }

  private static int put(byte[] result, ByteBuffer output) {
    output.put(result);
    Arrays.fill(result, (byte) 0);
    return result.length;
  }

  @Override
  protected final byte[] engineWrap(Key payload) throws IllegalBlockSizeException, InvalidKeyException {
    if (!(payload instanceof HsmKey)) {
      throw new InvalidKeyException("Non CloudHsm key is not supported for this cipher operation.");
    }
    if (!((HsmKey) payload).belongsTo(connection)) {
      throw new InvalidKeyException(payload + " was made through another provider instance; use that instance.");
    }
    try {
      return received(key.wrap(mechanism(), parameter(), (HsmKey) payload));
    } catch (HsmException e) {
      throw Errors.wrap(e);
    }
  }

  @Override
  protected final Key engineUnwrap(byte[] wrapped, String algorithm, int kind)
      throws InvalidKeyException, NoSuchAlgorithmException {
    Map<String, Object> template = unwrapped.template(algorithm, kind);
    if (wrapped == null) {
      throw new InvalidKeyException("The wrapped key is null.");
    }
    try {
      return UnwrappedKey.of(connection, key.unwrap(mechanism(), parameter(), wrapped, template), algorithm);
    } catch (HsmException e) {
      throw Errors.invalidKey(e);
    }
  }

  @Override
  protected final int engineGetOutputSize(int length) {
    return input == null ? wrappedSize(length) : input.finalSize(length);
  }

  /** Tells how long a wrapped key of so many bytes is, at most. */
  abstract int wrappedSize(int length);

  @Override
  protected final AlgorithmParameters engineGetParameters() {
    AlgorithmParameterSpec spec = parameters();
    if (spec == null) {
      return null;
    }
    try {
      AlgorithmParameters result = AlgorithmParameters.getInstance(parametersName());
      result.init(spec);
      return result;
    } catch (NoSuchAlgorithmException | InvalidParameterSpecException e) {
      throw new ProviderException("No provider encodes parameters for " + parametersName() + ".", e);
    }
  }

  /** Returns the bits of a key, which JCA asks for under a policy that limits them. */
  @Override
  protected final int engineGetKeySize(Key other) throws InvalidKeyException {
    if (other instanceof RSAKey) {
      return ((RSAKey) other).getModulus().bitLength();
    }
    if (other instanceof HsmKey && ((HsmKey) other).belongsTo(connection)) {
      return secretBits((HsmKey) other);
    }
    byte[] encoded = other == null ? null : other.getEncoded();
    if (encoded == null) {
      throw new InvalidKeyException("The size of " + SoftwareKeys.describe(other) + " is unknown: it has no encoding.");
    }
    Arrays.fill(encoded, (byte) 0);
    return encoded.length * Byte.SIZE;
  }

  private int secretBits(HsmKey secret) throws InvalidKeyException {
    try {
      Map<String, Object> attributes = connection.engine().attributes(secret.handle());
      return Math.toIntExact(Values.number(attributes, Attributes.VALUE_LEN) * Byte.SIZE);
    } catch (HsmException e) {
      throw Errors.invalidKey(e);
    }
  }

  /** A transformation is a service of its own, whole. */
  @Override
  protected final void engineSetMode(String name) throws NoSuchAlgorithmException {
    throw new NoSuchAlgorithmException(transformation.name + " has no mode " + name + ".");
  }

  @Override
  protected final void engineSetPadding(String name) throws NoSuchPaddingException {
    throw new NoSuchPaddingException(transformation.name + " has no padding " + name + ".");
  }
}
