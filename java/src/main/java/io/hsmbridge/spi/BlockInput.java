package io.hsmbridge.spi;

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
  public byte[] update(byte[] data, int offset, int length) {
    int size = updateSize(length);
    byte[] all = joined(data, offset, length);
    try {
      if (mode == BlockMode.CTR) {
        byte[] result = behind(waiting.length, run(all, all.length, mechanism));
        waiting = new byte[all.length % blockSize];
        return result;
      }
      byte[] result = size == 0 ? NOTHING : run(all, size, mechanism);
      Arrays.fill(waiting, (byte) 0);
      waiting = Arrays.copyOfRange(all, size, all.length);
      return result;
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
    asked = true;
    if (length <= PIECE) {
      return runPiece(data.length == length ? data : Arrays.copyOf(data, length), lastMechanism);
    }
    byte[] result = new byte[Math.addExact(length, blockSize)];
    int size = 0;
    int end;
    for (int start = 0; start < length; start = end) {
      end = start + Math.min(PIECE, length - start);
      byte[] piece = Arrays.copyOfRange(data, start, end);
      byte[] part = runPiece(piece, end == length ? lastMechanism : mechanism);
      System.arraycopy(part, 0, result, size, part.length);
      size += part.length;
      Arrays.fill(encrypting ? piece : part, (byte) 0);
    }
    return Arrays.copyOf(result, size);
  }

  private byte[] runPiece(byte[] piece, long number) {
    byte[] result = key.apply(encrypting, number, mode.parameter(iv), piece);
    iv = mode.next(iv, encrypting ? result : piece);
    return result;
  }
}
