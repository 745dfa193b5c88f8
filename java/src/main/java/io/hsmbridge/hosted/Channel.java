package io.hsmbridge.hosted;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Memory that this JVM and its host both see, in which calls cross the border. A call that takes and returns nothing is
 * several times as quick as one with arguments, which are boxed on this side and turned into objects on the other.
 *
 * <p>The memory begins with a header of fixed width in little-endian order: three fields of 8 bytes, the session's
 * number, the key's handle and the mechanism; then five of 4 bytes, the ordinal number of the {@link Operation}, the
 * lengths of parameter (-1 for none), data and signature, and the length of the result, which the host writes. Behind
 * the header stand data, parameter and signature, or the result in their place.
 *
 * <p>A channel is used by one thread at a time.
 */
final class Channel {

  private static final int RESULT_LENGTH = 40;
  private static final int HEADER = 44;
  private static final int SMALLEST = 1 << 16;

  /** Bytes by which a result may be longer than what was given: a signature, or an IV, a tag and padding. */
  private static final int LONGER = 1 << 13;

  private static final byte[] NOTHING = new byte[0];
  private static final byte[] ZEROS = new byte[1 << 14];

  private final Host host;
  private ByteBuffer memory;
  private Runnable work;
  private int used;

  Channel(Host host) {
    this.host = host;
    allocate(SMALLEST);
  }

  /**
   * Carries a call out. The result stands here until {@link #wipe}, which has to follow in any case.
   *
   * @param parameter may be null
   * @param signature may be null
   * @return the length of the result
   */
  int call(
      Operation operation, long session, long key, long mechanism, byte[] parameter, ByteBuffer data, byte[] signature) {
    byte[] options = parameter == null ? NOTHING : parameter;
    byte[] proof = signature == null ? NOTHING : signature;
    int length = data.remaining();
    int given = options.length + length + proof.length;
    if (given > memory.capacity() - HEADER - LONGER) {
      allocate(given + HEADER + LONGER);
    }
    memory.putLong(0, session).putLong(8, key).putLong(16, mechanism);
    memory.putInt(24, operation.ordinal()).putInt(28, parameter == null ? -1 : options.length);
    memory.putInt(32, length).putInt(36, proof.length);
    memory.put(HEADER, data, data.position(), length).put(HEADER + length, options);
    memory.put(HEADER + length + options.length, proof);
    used = given;
    work.run();
    int result = memory.getInt(RESULT_LENGTH);
    used = Math.max(given, result);
    return result;
  }

  /** Copies the result to where a buffer stands, and moves that on. */
  void get(int length, ByteBuffer result) {
    result.put(result.position(), memory, HEADER, length).position(result.position() + length);
  }

  /** Lets nothing stay of what a program encrypts or decrypts. */
  void wipe() {
    for (int done = 0; done < used; done += ZEROS.length) {
      memory.put(HEADER + done, ZEROS, 0, Math.min(ZEROS.length, used - done));
    }
    used = 0;
  }

  private void allocate(int size) {
    memory = ByteBuffer.allocateDirect(size).order(ByteOrder.LITTLE_ENDIAN);
    work = host.channel(memory);
  }
}
