import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Makes wrong input of right input: the same for the same randomness. */
final class Mutator {

  private static final byte[] INTERESTING = {
    0, 1, 2, 3, 4, 5, 6, 0x10, 0x20, 0x30, 0x31, 0x7F, (byte) 0x80, (byte) 0x81, (byte) 0x84, (byte) 0xA0, (byte) 0xFF
  };
  private static final int[] NUMBERS = {
    0, 1, -1, Integer.MAX_VALUE, Integer.MIN_VALUE, 0xFF, 0x100, 0xFFFF, 0x10000, 0x7FFF, 16, 17, 255, 800, 1 << 24
  };
  private static final byte[][] LENGTHS = {
    {0}, {1}, {(byte) 0x80}, {(byte) 0xFF}, {(byte) 0x81, 0}, {(byte) 0x81, (byte) 0xFF},
    {(byte) 0x82, (byte) 0xFF, (byte) 0xFF}, {(byte) 0x83, 1, 0, 0}, {(byte) 0x84, 0x7F, -1, -1, -1},
    {(byte) 0x84, -1, -1, -1, -1}, {(byte) 0x88, 0, 0, 0, 1, 0, 0, 0, 0}
  };
  /** Of DER: numbers, strings, identifiers, sequences, what is tagged by its place. */
  private static final String TAGS = "\u0002\u0003\u0004\u0005\u0006\u0030\u0031\u00a0\u00a1";

  private static final int SEVERAL = 4;

  private final Random random;

  Mutator(Random random) {
    this.random = random;
  }

  /** Returns something that is none of the valid inputs. */
  byte[] mutant(List<byte[]> valid) {
    byte[] result;
    do {
      result = valid.get(random.nextInt(valid.size()));
      int changes = random.nextInt(3) == 0 ? 1 + random.nextInt(SEVERAL) : 1;
      for (int i = 0; i < changes; i++) {
        result = changed(result, valid);
      }
    } while (isOneOf(valid, result));
    return result;
  }

  private static boolean isOneOf(List<byte[]> valid, byte[] candidate) {
    return valid.stream().anyMatch(one -> Arrays.equals(one, candidate));
  }

  private byte[] changed(byte[] input, List<byte[]> valid) {
    int kind = random.nextInt(100);
    if (input.length == 0 || kind < 3) {
      return bytes(random.nextInt(kind == 0 ? 100_000 : 300));
    }
    if (kind < 25) {
      return withFlippedBits(input);
    }
    if (kind < 40) {
      return with(input, random.nextInt(input.length), INTERESTING[random.nextInt(INTERESTING.length)]);
    }
    if (kind < 50) {
      return Arrays.copyOf(input, random.nextInt(input.length));
    }
    if (kind < 55) {
      return Arrays.copyOfRange(input, 1 + random.nextInt(input.length), input.length);
    }
    if (kind < 63) {
      return join(input, random.nextBoolean() ? new byte[1 + random.nextInt(20)] : bytes(1 + random.nextInt(300)));
    }
    if (kind < 68) {
      return join(bytes(1 + random.nextInt(8)), input);
    }
    if (kind < 73) {
      return repeated(input);
    }
    if (kind < 78) {
      return without(input);
    }
    if (kind < 90) {
      return withOtherLength(input);
    }
    if (kind < 94) {
      return withNumber(input);
    }
    if (kind < 98) {
      return spliced(input, valid.get(random.nextInt(valid.size())));
    }
    return kind < 99 ? new byte[0] : bytes(input.length);
  }

  private byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }

  private byte[] withFlippedBits(byte[] input) {
    byte[] result = input.clone();
    for (int i = random.nextInt(3); i >= 0; i--) {
      result[random.nextInt(result.length)] ^= (byte) (1 << random.nextInt(8));
    }
    return result;
  }

  private static byte[] with(byte[] input, int position, byte value) {
    byte[] result = input.clone();
    result[position] = value;
    return result;
  }

  /** A part of it twice. */
  private byte[] repeated(byte[] input) {
    int begin = random.nextInt(input.length);
    int end = begin + 1 + random.nextInt(input.length - begin);
    return join(join(Arrays.copyOf(input, end), Arrays.copyOfRange(input, begin, end)), tail(input, end));
  }

  /** A part of it left out. */
  private byte[] without(byte[] input) {
    int begin = random.nextInt(input.length);
    int end = begin + 1 + random.nextInt(Math.min(8, input.length - begin));
    return join(Arrays.copyOf(input, begin), tail(input, end));
  }

  /** Another length behind what looks like a DER tag; the beginning is where the outer ones are. */
  private byte[] withOtherLength(byte[] input) {
    int begin = random.nextInt(random.nextBoolean() ? Math.min(40, input.length) : input.length);
    int tag = begin;
    while (tag < input.length - 1 && TAGS.indexOf(input[tag] & 0xFF) < 0) {
      tag++;
    }
    if (tag >= input.length - 1) {
      return withFlippedBits(input);
    }
    if (random.nextBoolean()) {
      return with(input, tag + 1, (byte) (input[tag + 1] + (random.nextBoolean() ? 1 : -1)));
    }
    byte[] length = LENGTHS[random.nextInt(LENGTHS.length)];
    return join(join(Arrays.copyOf(input, tag + 1), length), tail(input, tag + 2));
  }

  /** Four bytes replaced by a number, preferably at a multiple of four. */
  private byte[] withNumber(byte[] input) {
    if (input.length < Integer.BYTES) {
      return withFlippedBits(input);
    }
    int position = random.nextInt(input.length - Integer.BYTES + 1);
    position -= random.nextBoolean() ? position % Integer.BYTES : 0;
    byte[] result = input.clone();
    ByteBuffer.wrap(result).putInt(position, NUMBERS[random.nextInt(NUMBERS.length)]);
    return result;
  }

  private byte[] spliced(byte[] input, byte[] other) {
    return join(Arrays.copyOf(input, random.nextInt(input.length + 1)), tail(other, random.nextInt(other.length + 1)));
  }

  private static byte[] tail(byte[] input, int begin) {
    return begin >= input.length ? new byte[0] : Arrays.copyOfRange(input, begin, input.length);
  }

  private static byte[] join(byte[] one, byte[] other) {
    byte[] result = Arrays.copyOf(one, one.length + other.length);
    System.arraycopy(other, 0, result, one.length, other.length);
    return result;
  }
}
