package io.hsmbridge.hosted;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Memory that this JVM and its host both see, in which calls cross the border. A call that takes and returns nothing is
 * several times as quick as one with arguments, which are boxed on this side and turned into objects on the other.
 *
 * <p>The memory begins with a header of fixed width in little-endian order: three of 8 bytes, the session's number, the
 * key's handle and the mechanism; then five of 4 bytes, the ordinal number of the {@link Operation}, the lengths of
 * parameter (-1 for none), data and signature, and the length of the result, which the host writes. Behind the header
 * stand parameter, data and signature, or the result in their place.
 *
 * <p>A channel is used by one thread at a time.
 */
final class Channel {

  private static final int RESULT_LENGTH = 40;
  private static final int HEADER = 44;
  private static final int SMALLEST = 1 << 16;

  /** Bytes by which a result may be longer than what was given: that of a signature, or of IV, tag and padding. */
  private static final int LONGER = 1 << 13;

  private static final byte[] NOTHING = new byte[0];

  private final Host host;
  private ByteBuffer memory;
  private byte[] zeros;
  private Runnable work;

  Channel(Host host) {
    this.host = host;
    allocate(SMALLEST);
  }

  /** Carries a call out; {@code parameter} and {@code signature} may be null. */
  byte[] call(
      Operation operation, long session, long key, long mechanism, byte[] parameter, byte[] data, byte[] signature) {
    byte[] options = parameter == null ? NOTHING : parameter;
    byte[] proof = signature == null ? NOTHING : signature;
    int given = Math.addExact(Math.addExact(options.length, data.length), proof.length);
    if (given > zeros.length - LONGER) {
      allocate(Math.addExact(given, HEADER + LONGER));
    }
    memory.putLong(0, session).putLong(8, key).putLong(16, mechanism);
    memory.putInt(24, operation.ordinal()).putInt(28, parameter == null ? -1 : options.length);
    memory.putInt(32, data.length).putInt(36, proof.length);
    memory.put(HEADER, options).put(HEADER + options.length, data);
    memory.put(HEADER + options.length + data.length, proof);
    int used = given;
    try {
      work.run();
      int length = memory.getInt(RESULT_LENGTH);
      used = Math.max(given, length);
      byte[] result = new byte[length];
      memory.get(HEADER, result);
      return result;
    } finally {
      // What a program encrypts or decrypts does not stay here.
      memory.put(HEADER, zeros, 0, used);
    }
  }

  private void allocate(int size) {
    memory = ByteBuffer.allocateDirect(size).order(ByteOrder.LITTLE_ENDIAN);
    zeros = new byte[size - HEADER];
    work = host.channel(memory);
  }
}
