package io.hsmbridge.spi;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.IntUnaryOperator;
import java.util.function.UnaryOperator;
import javax.crypto.IllegalBlockSizeException;

/** Data for a cipher that works in one call: it waits for the end. */
final class WholeInput implements CipherInput {

  /** So that an endless stream does not fill the memory; far above what the engine takes, whose message users see. */
  private static final int CAPACITY = 1 << 19;

  private static final byte[] NOTHING = new byte[0];

  private final UnaryOperator<byte[]> operation;
  private final IntUnaryOperator resultSize;
  private byte[] buffer = NOTHING;
  private int count;
  private boolean overflowed;

  /**
   * Begins empty.
   *
   * @param operation what to do with all the data
   * @param resultSize how long the result is at most, for a length of the data
   */
  WholeInput(UnaryOperator<byte[]> operation, IntUnaryOperator resultSize) {
    this.operation = operation;
    this.resultSize = resultSize;
  }

  boolean isEmpty() {
    return count == 0;
  }

  @Override
  public int updateSize(int length) {
    return 0;
  }

  @Override
  public int finalSize(int length) {
    return resultSize.applyAsInt(Math.addExact(count, length));
  }

  @Override
  public void update(byte[] data, int offset, int length, ByteBuffer output) {
    int taken = Math.min(length, CAPACITY - count);
    overflowed |= taken < length;
    if (buffer.length - count < taken) {
      byte[] old = buffer;
      buffer = Arrays.copyOf(old, Math.min(CAPACITY, Math.max(2 * old.length, count + taken)));
      Arrays.fill(old, (byte) 0);
    }
    if (taken > 0) {
      System.arraycopy(data, offset, buffer, count, taken);
      count += taken;
    }
  }

  @Override
  public byte[] finish(byte[] data, int offset, int length) throws IllegalBlockSizeException {
    if (count == 0 && length > 0 && length == data.length && length <= CAPACITY) {
      return operation.apply(data);
    }
    int taken = Math.min(length, CAPACITY - count);
    byte[] all = Arrays.copyOf(buffer, count + taken);
    try {
      if (taken > 0) {
        System.arraycopy(data, offset, all, count, taken);
      }
      byte[] result = operation.apply(all);
      if (overflowed || taken < length) {
        Arrays.fill(result, (byte) 0);
        throw new IllegalBlockSizeException(
            "The data is longer than the " + CAPACITY + " bytes that are collected for one call; cut it into parts.");
      }
      return result;
    } finally {
      Arrays.fill(all, (byte) 0);
    }
  }

  @Override
  public void reset() {
    Arrays.fill(buffer, 0, count, (byte) 0);
    count = 0;
    overflowed = false;
  }
}
