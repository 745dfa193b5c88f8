package io.hsmbridge.socket;

import io.hsmbridge.engine.DataLimit;
import io.hsmbridge.engine.HsmException;
import io.hsmbridge.engine.ReturnCodes;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * Writes frames of MessagePack into a buffer outside the heap, which it keeps for the next frame, and for the answers.
 */
final class MessageWriter {

  /** Bytes of a frame's length. */
  static final int HEADER = Integer.BYTES;

  /** The most bytes of a frame, without its length. */
  static final int MOST_FRAME = 1 << 20;

  /** Arrays and maps within each other, the request's own array included. */
  static final int MOST_DEPTH = 4;

  private static final int SMALLEST_BUFFER = 1 << 14;

  /** A link that is idle keeps no more. */
  private static final int LARGE_BUFFER = 1 << 16;

  private static final byte[] ZEROS = new byte[SMALLEST_BUFFER];

  private ByteBuffer buffer = ByteBuffer.allocateDirect(SMALLEST_BUFFER);

  /** So many bytes of the buffer held the request. */
  private int requested;

  /** Begins a frame. */
  MessageWriter begin() {
    buffer.clear().position(HEADER);
    return this;
  }

  /** Ends the frame, and returns the buffer ready to be sent. */
  ByteBuffer end() {
    requested = buffer.position();
    buffer.putInt(0, requested - HEADER);
    return buffer.flip();
  }

  /** Returns the buffer as it is. */
  ByteBuffer buffer() {
    return buffer;
  }

  /** Returns the buffer, with what it holds, and with room for a frame of this length in all. */
  ByteBuffer withRoomFor(int frame) {
    if (buffer.capacity() < HEADER + frame) {
      int size = Math.min(Integer.highestOneBit(HEADER + frame) << 1, HEADER + MOST_FRAME);
      ByteBuffer larger = ByteBuffer.allocateDirect(size);
      int held = Math.max(requested, buffer.position());
      larger.put(buffer.flip());
      wipe(held);
      buffer = larger;
    }
    return buffer;
  }

  /** Overwrites what the buffer holds of the last request and of its answer, read or unread. */
  void wipeUsed() {
    boolean whole = buffer.limit() < buffer.capacity();
    wipe(Math.max(requested, whole ? buffer.limit() : buffer.position()));
    requested = 0;
  }

  private void wipe(int bytes) {
    buffer.clear();
    for (int left = bytes; left > 0; left -= ZEROS.length) {
      buffer.put(ZEROS, 0, Math.min(left, ZEROS.length));
    }
    buffer.clear();
  }

  boolean isLarge() {
    return buffer.capacity() > LARGE_BUFFER;
  }

  /** Takes a small buffer in place of a large one that holds nothing. */
  void shrink() {
    if (isLarge()) {
      buffer = ByteBuffer.allocateDirect(SMALLEST_BUFFER);
    }
  }

  MessageWriter array(int size) {
    room(5);
    head(size, 0x90, 15, 0xDC);
    return this;
  }

  /** Writes bytes that are MessagePack already. */
  MessageWriter encoded(byte[] message) {
    room(message.length);
    buffer.put(message);
    return this;
  }

  MessageWriter nil() {
    room(1);
    buffer.put((byte) 0xC0);
    return this;
  }

  MessageWriter flag(boolean value) {
    room(1);
    buffer.put((byte) (value ? 0xC3 : 0xC2));
    return this;
  }

  MessageWriter number(long value) {
    room(9);
    if (value >= 0) {
      unsigned(value);
    } else if (value >= -32) {
      buffer.put((byte) value);
    } else {
      buffer.put((byte) 0xD3).putLong(value);
    }
    return this;
  }

  private void unsigned(long value) {
    if (value < 0x80) {
      buffer.put((byte) value);
    } else if (value < 0x100) {
      buffer.put((byte) 0xCC).put((byte) value);
    } else if (value < 0x1_0000) {
      buffer.put((byte) 0xCD).putShort((short) value);
    } else if (value < 0x1_0000_0000L) {
      buffer.put((byte) 0xCE).putInt((int) value);
    } else {
      buffer.put((byte) 0xCF).putLong(value);
    }
  }

  /** Writes bytes, or nil for null. */
  MessageWriter parameter(byte[] value) {
    return value == null ? nil() : bytes(value);
  }

  MessageWriter bytes(byte[] value) {
    DataLimit.require(value.length);
    bytesHeader(value.length);
    buffer.put(value);
    return this;
  }

  /** Writes what remains in a buffer, as bytes; the buffer's position stays. */
  MessageWriter bytes(ByteBuffer value) {
    bytesHeader(value.remaining());
    buffer.put(value.duplicate());
    return this;
  }

  private void bytesHeader(int length) {
    room(5 + length);
    if (length < 0x100) {
      buffer.put((byte) 0xC4).put((byte) length);
    } else if (length < 0x1_0000) {
      buffer.put((byte) 0xC5).putShort((short) length);
    } else {
      buffer.put((byte) 0xC6).putInt(length);
    }
  }

  MessageWriter text(String value) {
    ByteBuffer encoded = utf8(value);
    int length = encoded.remaining();
    room(5 + length);
    if (length < 32) {
      buffer.put((byte) (0xA0 | length));
    } else if (length < 0x100) {
      buffer.put((byte) 0xD9).put((byte) length);
    } else if (length < 0x1_0000) {
      buffer.put((byte) 0xDA).putShort((short) length);
    } else {
      buffer.put((byte) 0xDB).putInt(length);
    }
    buffer.put(encoded);
    return this;
  }

  private static ByteBuffer utf8(String value) {
    try {
      return StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(value));
    } catch (CharacterCodingException e) {
      throw new HsmException(
          ReturnCodes.ATTRIBUTE_VALUE_INVALID, "An attribute holds half a surrogate pair; it is no text.");
    }
  }

  /** Writes attributes by their names. */
  MessageWriter template(Map<String, ?> attributes) {
    map(attributes, 2);
    return this;
  }

  private void map(Map<?, ?> entries, int depth) {
    if (depth > MOST_DEPTH) {
      throw new HsmException(
          ReturnCodes.ATTRIBUTE_VALUE_INVALID, "A template in a template cannot hold templates that hold one more.");
    }
    room(5);
    head(entries.size(), 0x80, 15, 0xDE);
    for (Map.Entry<?, ?> entry : entries.entrySet()) {
      text((String) entry.getKey());
      value(entry.getKey(), entry.getValue(), depth);
    }
  }

  private void value(Object name, Object value, int depth) {
    if (value instanceof Boolean) {
      flag((Boolean) value);
    } else if (value instanceof Long || value instanceof Integer) {
      number(((Number) value).longValue());
    } else if (value instanceof String) {
      text((String) value);
    } else if (value instanceof byte[]) {
      bytes((byte[]) value);
    } else if (value instanceof Map) {
      map((Map<?, ?>) value, depth + 1);
    } else {
      throw new HsmException(
          ReturnCodes.ATTRIBUTE_VALUE_INVALID,
          "The attribute " + name + " has " + (value == null ? "no value" : "a value of " + value.getClass().getName())
              + ". Attributes are booleans, long integers, texts, bytes or templates.");
    }
  }

  private void head(int size, int small, int mostSmall, int large) {
    if (size <= mostSmall) {
      buffer.put((byte) (small | size));
    } else if (size < 0x1_0000) {
      buffer.put((byte) large).putShort((short) size);
    } else {
      buffer.put((byte) (large + 1)).putInt(size);
    }
  }

  private void room(int bytes) {
    if (buffer.remaining() >= bytes) {
      return;
    }
    int frame = buffer.position() - HEADER + bytes;
    if (frame > MOST_FRAME) {
      throw new HsmException(
          ReturnCodes.DATA_LEN_RANGE,
          "All that one operation is given takes at most " + MOST_FRAME + " bytes. Give longer data in pieces.");
    }
    withRoomFor(frame).limit(buffer.capacity());
  }
}
