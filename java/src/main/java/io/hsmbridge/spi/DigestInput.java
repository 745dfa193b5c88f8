package io.hsmbridge.spi;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;

/** Hashes the data; the result is a digest, with or without the DER of a DigestInfo around it. */
final class DigestInput implements SignatureInput {

  private final MessageDigest digest;
  private final byte[] prefix;

  private DigestInput(MessageDigest digest, byte[] prefix) {
    this.digest = digest;
    this.prefix = prefix;
  }

  static DigestInput digest(Hash hash) {
    return new DigestInput(hash.newDigest(), new byte[0]);
  }

  static DigestInput digestInfo(Hash hash) {
    return new DigestInput(hash.newDigest(), hash.digestInfoPrefix());
  }

  @Override
  public void update(byte[] data, int offset, int length) {
    digest.update(data, offset, length);
  }

  @Override
  public void update(ByteBuffer data) {
    digest.update(data);
  }

  @Override
  public byte[] finish() {
    byte[] value = digest.digest();
    byte[] result = Arrays.copyOf(prefix, prefix.length + value.length);
    System.arraycopy(value, 0, result, prefix.length, value.length);
    return result;
  }

  @Override
  public void reset() {
    digest.reset();
  }
}
