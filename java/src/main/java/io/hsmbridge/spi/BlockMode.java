package io.hsmbridge.spi;

import io.hsmbridge.engine.Parameters;
import java.util.Arrays;

/** A mode of a block cipher, and how its IV moves on (NIST SP 800-38A); the engine keeps nothing between two calls. */
enum BlockMode {
  ECB {
    @Override
    byte[] parameter(byte[] iv) {
      return null;
    }

    @Override
    byte[] next(byte[] iv, byte[] ciphertext) {
      return iv;
    }
  },

  CBC {
    @Override
    byte[] next(byte[] iv, byte[] ciphertext) {
      return ciphertext.length < iv.length
          ? iv
          : Arrays.copyOfRange(ciphertext, ciphertext.length - iv.length, ciphertext.length);
    }
  },

  /** The IV is the counter block, one number; a partial block does not count. */
  CTR {
    @Override
    byte[] next(byte[] iv, byte[] ciphertext) {
      byte[] sum = iv.clone();
      long carry = ciphertext.length / iv.length;
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

  /** Returns the IV of the data behind this ciphertext; the old one is left as it is. */
  abstract byte[] next(byte[] iv, byte[] ciphertext);
}
