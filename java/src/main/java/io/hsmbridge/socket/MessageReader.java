package io.hsmbridge.socket;

import java.io.IOException;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * Reads MessagePack out of a buffer, and believes nothing: no length makes it take more memory than there are bytes,
 * and no nesting makes it go deeper than the protocol does.
 */
final class MessageReader {

  private static final int MOST_PRESIZED = 64;

  private ByteBuffer buffer;

  /** Reads what remains in a buffer from now on. */
  MessageReader over(ByteBuffer message) {
    buffer = message;
    return this;
  }

  /** Refuses bytes that are left over. */
  void end() throws IOException {
    if (buffer.hasRemaining()) {
      throw malformed("has bytes left over");
    }
  }

  /** Reads the beginning of an array, and returns its size. */
  int array() throws IOException {
    int type = unsignedByte();
    long size;
    if ((type & 0xF0) == 0x90) {
      size = type & 0x0F;
    } else if (type == 0xDC) {
      size = unsigned(2);
    } else if (type == 0xDD) {
      size = unsigned(4);
    } else {
      throw unexpected(type, "an array");
    }
    return within(size, 1);
  }

  private int map() throws IOException {
    int type = unsignedByte();
    long size;
    if ((type & 0xF0) == 0x80) {
      size = type & 0x0F;
    } else if (type == 0xDE) {
      size = unsigned(2);
    } else if (type == 0xDF) {
      size = unsigned(4);
    } else {
      throw unexpected(type, "a map");
    }
    return within(size, 2);
  }

  /** Returns a count of things that take so many bytes at least, if so many are there. */
  private int within(long count, int bytesOfEach) throws IOException {
    if (count * bytesOfEach > buffer.remaining()) {
      throw malformed("is truncated");
    }
    return (int) count;
  }

  Void nil() throws IOException {
    int type = unsignedByte();
    if (type != 0xC0) {
      throw unexpected(type, "nil");
    }
    return null;
  }

  long number() throws IOException {
    int type = unsignedByte();
    if (type < 0x80) {
      return type;
    }
    if (type >= 0xE0) {
      return (byte) type;
    }
    switch (type) {
      case 0xCC:
        return unsigned(1);
      case 0xCD:
        return unsigned(2);
      case 0xCE:
        return unsigned(4);
      case 0xCF:
        long value = need(8).getLong();
        if (value < 0) {
          throw malformed("has a number of more than 63 bits");
        }
        return value;
      case 0xD0:
        return need(1).get();
      case 0xD1:
        return need(2).getShort();
      case 0xD2:
        return need(4).getInt();
      case 0xD3:
        return need(8).getLong();
      default:
        throw unexpected(type, "a number");
    }
  }

  /** Reads an array of numbers. */
  long[] numbers() throws IOException {
    long[] numbers = new long[array()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = number();
    }
    return numbers;
  }

  /** Reads an array of two numbers. */
  long[] pair() throws IOException {
    long[] pair = numbers();
    if (pair.length != 2) {
      throw malformed("does not have two numbers");
    }
    return pair;
  }

  byte[] bytes() throws IOException {
    int type = unsignedByte();
    if (type < 0xC4 || type > 0xC6) {
      throw unexpected(type, "bytes");
    }
    byte[] bytes = new byte[within(unsigned(1 << type - 0xC4), 1)];
    buffer.get(bytes);
    return bytes;
  }

  String text() throws IOException {
    int type = unsignedByte();
    long length;
    if ((type & 0xE0) == 0xA0) {
      length = type & 0x1F;
    } else if (type >= 0xD9 && type <= 0xDB) {
      length = unsigned(1 << type - 0xD9);
    } else {
      throw unexpected(type, "a text");
    }
    int end = buffer.position() + within(length, 1);
    int limit = buffer.limit();
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(buffer.limit(end)).toString();
    } catch (CharacterCodingException e) {
      throw malformed("has a text that is not UTF-8");
    } finally {
      buffer.limit(limit);
    }
  }

  /** Reads attributes by their names. */
  Map<String, Object> template() throws IOException {
    return template(2);
  }

  private Map<String, Object> template(int depth) throws IOException {
    if (depth > MessageWriter.MOST_DEPTH) {
      throw malformed("is nested too deeply");
    }
    int size = map();
    Map<String, Object> entries = new HashMap<>(Math.min(size, MOST_PRESIZED) * 2);
    for (int i = 0; i < size; i++) {
      String name = text();
      if (entries.put(name, value(depth)) != null) {
        throw malformed("names something twice");
      }
    }
    return entries;
  }

  private Object value(int depth) throws IOException {
    int type = Byte.toUnsignedInt(buffer.get(need(1).position()));
    if (type == 0xC2 || type == 0xC3) {
      buffer.get();
      return type == 0xC3;
    }
    if (type >= 0xC4 && type <= 0xC6) {
      return bytes();
    }
    if ((type & 0xE0) == 0xA0 || type >= 0xD9 && type <= 0xDB) {
      return text();
    }
    if ((type & 0xF0) == 0x80 || type == 0xDE || type == 0xDF) {
      return template(depth + 1);
    }
    return number();
  }

  private int unsignedByte() throws IOException {
    return Byte.toUnsignedInt(need(1).get());
  }

  private long unsigned(int bytes) throws IOException {
    need(bytes);
    switch (bytes) {
      case 1:
        return Byte.toUnsignedInt(buffer.get());
      case 2:
        return Short.toUnsignedInt(buffer.getShort());
      default:
        return Integer.toUnsignedLong(buffer.getInt());
    }
  }

  private ByteBuffer need(int bytes) throws IOException {
    if (buffer.remaining() < bytes) {
      throw malformed("is truncated");
    }
    return buffer;
  }

  private static IOException unexpected(int type, String expected) {
    return malformed(String.format("has a value of type 0x%02x instead of %s", type, expected));
  }

  private static IOException malformed(String what) {
    return new ProtocolException("the daemon's answer " + what);
  }
}
