package io.hsmbridge.spi;

import java.nio.ByteBuffer;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.MessageDigestSpi;

/** A hash, computed in software by another provider: data of any size stays in this JVM. */
final class HsmMessageDigest extends MessageDigestSpi implements Cloneable {

  private final int length;
  private MessageDigest digest;

  HsmMessageDigest(Hash hash) {
    length = hash.size();
    digest = hash.newDigest();
  }

  @Override
  protected int engineGetDigestLength() {
    return length;
  }

  @Override
  protected void engineUpdate(byte input) {
    digest.update(input);
  }

  @Override
  protected void engineUpdate(byte[] input, int offset, int count) {
    digest.update(input, offset, count);
  }

  @Override
  protected void engineUpdate(ByteBuffer input) {
    digest.update(input);
  }

  @Override
  protected byte[] engineDigest() {
    return digest.digest();
  }

  @Override
  protected int engineDigest(byte[] output, int offset, int room) throws DigestException {
    return digest.digest(output, offset, room);
  }

  @Override
  protected void engineReset() {
    digest.reset();
  }

  @Override
  public Object clone() throws CloneNotSupportedException {
    HsmMessageDigest copy = (HsmMessageDigest) super.clone();
    copy.digest = (MessageDigest) digest.clone();
    return copy;
  }
}
