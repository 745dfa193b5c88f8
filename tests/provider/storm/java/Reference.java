import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/** What the JDK lacks, made of what it has, to compare with. */
final class Reference {

  private Reference() {}

  /** AES-CMAC (RFC 4493). */
  static byte[] cmac(byte[] key, byte[] message) throws Exception {
    Cipher cipher = Cipher.getInstance("AES/ECB/NoPadding", "SunJCE");
    cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"));
    byte[] subkey = doubled(cipher.doFinal(new byte[16]));
    int whole = Math.max(0, (message.length - 1) / 16);
    byte[] last = Arrays.copyOfRange(message, 16 * whole, 16 * whole + 16);
    int rest = message.length - 16 * whole;
    if (rest < 16) {
      last[rest] = (byte) 0x80;
      subkey = doubled(subkey);
    }
    byte[] state = new byte[16];
    for (int block = 0; block < whole; block++) {
      state = cipher.doFinal(xor(state, Arrays.copyOfRange(message, 16 * block, 16 * block + 16)));
    }
    return cipher.doFinal(xor(state, xor(last, subkey)));
  }

  private static byte[] doubled(byte[] block) {
    byte[] result = new byte[16];
    for (int i = 0; i < 16; i++) {
      result[i] = (byte) (block[i] << 1 | (i < 15 ? (block[i + 1] & 0xFF) >>> 7 : 0));
    }
    result[15] ^= (byte) (block[0] < 0 ? 0x87 : 0);
    return result;
  }

  private static byte[] xor(byte[] one, byte[] other) {
    byte[] result = new byte[16];
    for (int i = 0; i < 16; i++) {
      result[i] = (byte) (one[i] ^ other[i]);
    }
    return result;
  }

  /** Counter mode of NIST SP 800-108 with AES-CMAC. */
  static byte[] counterKdf(byte[] key, int counterBits, byte[] prefix, byte[] suffix, int length) throws Exception {
    ByteArrayOutputStream result = new ByteArrayOutputStream();
    for (int counter = 1; result.size() < length; counter++) {
      byte[] number = ByteBuffer.allocate(4).putInt(counter).array();
      ByteArrayOutputStream block = new ByteArrayOutputStream();
      block.writeBytes(prefix);
      block.writeBytes(Arrays.copyOfRange(number, 4 - counterBits / 8, 4));
      block.writeBytes(suffix);
      result.writeBytes(cmac(key, block.toByteArray()));
    }
    return Arrays.copyOf(result.toByteArray(), length);
  }

  /** Counter mode of NIST SP 800-108 with HMAC, a label and a context; the length has 32 bits. */
  static byte[] hmacKdf(String mac, byte[] key, int counterBits, byte[] label, byte[] context, int length)
      throws Exception {
    ByteArrayOutputStream result = new ByteArrayOutputStream();
    for (int counter = 1; result.size() < length; counter++) {
      byte[] number = ByteBuffer.allocate(4).putInt(counter).array();
      ByteArrayOutputStream block = new ByteArrayOutputStream();
      block.writeBytes(Arrays.copyOfRange(number, 4 - counterBits / 8, 4));
      block.writeBytes(label);
      block.write(0);
      block.writeBytes(context);
      block.writeBytes(ByteBuffer.allocate(4).putInt(8 * length).array());
      result.writeBytes(hmac(mac, key, block.toByteArray()));
    }
    return Arrays.copyOf(result.toByteArray(), length);
  }

  /** KDF of ANSI X9.63. */
  static byte[] x963(String hash, byte[] secret, byte[] sharedInfo, int length) throws Exception {
    ByteArrayOutputStream result = new ByteArrayOutputStream();
    MessageDigest digest = MessageDigest.getInstance(hash, "SUN");
    for (int counter = 1; result.size() < length; counter++) {
      digest.update(secret);
      digest.update(ByteBuffer.allocate(4).putInt(counter).array());
      result.writeBytes(digest.digest(sharedInfo));
    }
    return Arrays.copyOf(result.toByteArray(), length);
  }

  /** HKDF (RFC 5869). */
  static byte[] hkdf(String mac, byte[] secret, byte[] salt, byte[] info, int length) throws Exception {
    byte[] none = new byte[Mac.getInstance(mac, "SunJCE").getMacLength()];
    byte[] extracted = hmac(mac, salt.length == 0 ? none : salt, secret);
    ByteArrayOutputStream result = new ByteArrayOutputStream();
    byte[] previous = new byte[0];
    for (int counter = 1; result.size() < length; counter++) {
      ByteArrayOutputStream block = new ByteArrayOutputStream();
      block.writeBytes(previous);
      block.writeBytes(info);
      block.write(counter);
      previous = hmac(mac, extracted, block.toByteArray());
      result.writeBytes(previous);
    }
    return Arrays.copyOf(result.toByteArray(), length);
  }

  static byte[] hmac(String algorithm, byte[] key, byte[] data) throws Exception {
    return hmac(algorithm, new SecretKeySpec(key, algorithm), data);
  }

  static byte[] hmac(String algorithm, SecretKey key, byte[] data) throws Exception {
    Mac mac = Mac.getInstance(algorithm, "SunJCE");
    mac.init(key);
    return mac.doFinal(data);
  }
}
