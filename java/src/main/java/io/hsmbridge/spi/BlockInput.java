package io.hsmbridge.spi;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Data for a block mode: whole blocks go to the engine at once, as do all bytes in CTR; the rest waits. Where padding
 * is to be removed, the last block waits too, as in SunJCE.
 */
final class BlockInput implements CipherInput {

  /**
   * More than this goes to the engine in pieces, so that neither it nor a connection with it need hold everything at
   * once; whole blocks, and less than {@code Engine.MOST_DATA}.
   */
  private static final int PIECE = 1 << 18;

  private static final byte[] NOTHING = new byte[0];

  private final CipherKey key;
  private final boolean encrypting;
  private final BlockMode mode;
  private final int blockSize;
  private final long mechanism;
  private final long finalMechanism;
  private final byte[] firstIv;

  private byte[] iv;

  /** In CTR as many zeros as bytes of the current block went out already. */
  private byte[] waiting = NOTHING;

  private boolean asked;

  /**
   * Begins with an IV.
   *
   * @param mechanism for whole blocks
   * @param finalMechanism for the end: another one if it pads
   */
  BlockInput(
      CipherKey key,
      boolean encrypting,
      BlockMode mode,
      int blockSize,
      long mechanism,
      long finalMechanism,
      byte[] iv) {
    this.key = key;
    this.encrypting = encrypting;
    this.mode = mode;
    this.blockSize = blockSize;
    this.mechanism = mechanism;
    this.finalMechanism = finalMechanism;
    this.firstIv = iv;
    this.iv = iv;
  }

  @Override
  public int updateSize(int length) {
    if (mode == BlockMode.CTR) {
      return length;
    }
    int ready = Math.addExact(waiting.length, length) - (pads() && !encrypting ? blockSize : 0);
    return ready <= 0 ? 0 : ready - ready % blockSize;
  }

  @Override
  public int finalSize(int length) {
    if (mode == BlockMode.CTR) {
      return length;
    }
    int all = Math.addExact(waiting.length, length);
    return pads() && encrypting ? Math.addExact(all, blockSize - all % blockSize) : all;
  }

  @Override
  public void update(byte[] data, int offset, int length, ByteBuffer output) {
    int size = updateSize(length);
    if (waiting.length == 0 && size == length && length <= PIECE) {
      // Nothing waits before or after it, as when a program writes large whole blocks.
      if (length > 0) {
        runPiece(ByteBuffer.wrap(data, offset, length), output, mechanism);
        waiting = mode == BlockMode.CTR ? new byte[length % blockSize] : NOTHING;
      }
      return;
    }
    byte[] all = joined(data, offset, length);
    try {
      if (mode == BlockMode.CTR) {
        byte[] result = run(all, all.length, mechanism);
        output.put(result, waiting.length, length);
        wipeIfPlain(result);
        waiting = new byte[all.length % blockSize];
        return;
      }
      if (size > 0) {
        byte[] result = run(all, size, mechanism);
        output.put(result);
        wipeIfPlain(result);
      }
      Arrays.fill(waiting, (byte) 0);
      waiting = Arrays.copyOfRange(all, size, all.length);
    } finally {
      Arrays.fill(all, (byte) 0);
    }
  }

  @Override
  public byte[] finish(byte[] data, int offset, int length) {
    byte[] ivBefore = iv;
    byte[] all = joined(data, offset, length);
    int sent = mode == BlockMode.CTR ? waiting.length : 0;
    try {
      // With padding even nothing has a last block: the engine adds it, or misses it.
      if (all.length > sent || pads()) {
        return behind(sent, run(all, all.length, finalMechanism));
      }
      // Without padding nothing gives nothing; the engine is asked, because the key may not be allowed.
      return asked ? NOTHING : run(NOTHING, 0, mechanism);
    } finally {
      iv = ivBefore;
      Arrays.fill(all, (byte) 0);
    }
  }

  @Override
  public void reset() {
    Arrays.fill(waiting, (byte) 0);
    waiting = NOTHING;
    iv = firstIv;
    asked = false;
  }

  private boolean pads() {
    return finalMechanism != mechanism;
  }

  private byte[] joined(byte[] data, int offset, int length) {
    byte[] all = Arrays.copyOf(waiting, Math.addExact(waiting.length, length));
    if (length > 0) {
      System.arraycopy(data, offset, all, waiting.length, length);
    }
    return all;
  }

  private static byte[] behind(int count, byte[] result) {
    return count == 0 ? result : Arrays.copyOfRange(result, count, result.length);
  }

  /** Sends data to the engine, the last piece with a mechanism of its own, and moves the IV on. */
  private byte[] run(byte[] data, int length, long lastMechanism) {
    ByteBuffer result = ByteBuffer.allocate(Math.addExact(length, blockSize));
    int start = 0;
    do {
      int size = Math.min(PIECE, length - start);
      boolean last = start + size == length;
      runPiece(ByteBuffer.wrap(data, start, size), result, last ? lastMechanism : mechanism);
      start += size;
    } while (start < length);
    if (result.hasRemaining()) {
      byte[] all = result.array();
      byte[] exact = Arrays.copyOf(all, result.position());
      wipeIfPlain(all);
      return exact;
    }
    return result.array();
  }

  private void runPiece(ByteBuffer piece, ByteBuffer output, long number) {
    asked = true;
    int start = output.position();
    // The output may take the place of the input.
    byte[] next = encrypting || mode == BlockMode.CTR ? null : mode.next(iv, piece);
    key.apply(encrypting, number, mode.parameter(iv), piece, output);
    iv = next == null ? mode.next(iv, output.duplicate().flip().position(start)) : next;
  }

  private void wipeIfPlain(byte[] result) {
    if (!encrypting) {
      Arrays.fill(result, (byte) 0);
    }
  }
}
