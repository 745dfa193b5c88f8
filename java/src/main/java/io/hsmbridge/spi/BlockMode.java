package io.hsmbridge.spi;

import io.hsmbridge.engine.Parameters;
import java.nio.ByteBuffer;

/** A mode of a block cipher, and how its IV moves on (NIST SP 800-38A); the engine keeps nothing between two calls. */
enum BlockMode {
  ECB {
    @Override
    byte[] parameter(byte[] iv) {
      return null;
    }

    @Override
    byte[] next(byte[] iv, ByteBuffer ciphertext) {
      return iv;
    }
  },

  CBC {
    @Override
    byte[] next(byte[] iv, ByteBuffer ciphertext) {
      if (ciphertext.remaining() < iv.length) {
        return iv;
      }
      byte[] last = new byte[iv.length];
      ciphertext.get(ciphertext.limit() - last.length, last);
      return last;
    }
  },

  /** The IV is the counter block, one number; a partial block does not count. */
  CTR {
    @Override
    byte[] next(byte[] iv, ByteBuffer ciphertext) {
      byte[] sum = iv.clone();
      long carry = ciphertext.remaining() / iv.length;
      for (int i = sum.length - 1; i >= 0 && carry != 0; i--) {
        carry += sum[i] & 0xff;
        sum[i] = (byte) carry;
        carry >>>= Byte.SIZE;
      }
      return sum;
    }
  };

  /** Returns the mechanism's parameter. */
  byte[] parameter(byte[] iv) {
    return Parameters.iv(iv);
  }

  /** Returns the IV of the data behind this ciphertext; the old one, and the buffer's position, are left as they are. */
  abstract byte[] next(byte[] iv, ByteBuffer ciphertext);
}
