package io.hsmbridge.spi;

import io.hsmbridge.connection.Connection;
import io.hsmbridge.engine.Attributes;
import io.hsmbridge.engine.Engine;
import io.hsmbridge.engine.Values;
import io.hsmbridge.key.HsmKey;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.interfaces.RSAKey;
import java.util.Map;

/** The key of a cipher and what the engine does with it. */
final class CipherKey {

  private final Engine engine;
  private final Key given;
  private final KeyInUse inUse;

  /**
   * Takes a key into use.
   *
   * @throws InvalidKeyException as {@link KeyInUse#of}
   */
  CipherKey(Connection connection, Key key) throws InvalidKeyException {
    engine = connection.engine();
    given = key;
    inUse = KeyInUse.of(this, connection, key, Map.of());
  }

  /** Encrypts or decrypts in one call of the engine. */
  byte[] apply(boolean encrypting, long mechanism, byte[] parameter, byte[] data) {
    try {
      return encrypting
          ? engine.encrypt(inUse.handle(), mechanism, parameter, data)
          : engine.decrypt(inUse.handle(), mechanism, parameter, data);
    } finally {
      // Or else an imported key might be destroyed as unreachable while the engine uses it.
      Reference.reachabilityFence(this);
    }
  }

  /** Encrypts or decrypts in one call of the engine, from one place to another. */
  void apply(boolean encrypting, long mechanism, byte[] parameter, ByteBuffer data, ByteBuffer result) {
    try {
      if (encrypting) {
        engine.encrypt(inUse.handle(), mechanism, parameter, data, result);
      } else {
        engine.decrypt(inUse.handle(), mechanism, parameter, data, result);
      }
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  byte[] wrap(long mechanism, byte[] parameter, HsmKey payload) {
    try {
      return engine.wrap(inUse.handle(), mechanism, parameter, payload.handle());
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  long unwrap(long mechanism, byte[] parameter, byte[] wrapped, Map<String, Object> template) {
    try {
      return engine.unwrap(inUse.handle(), mechanism, parameter, wrapped, template);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /** Returns the length of an RSA key's modulus in bytes. */
  int modulusBytes() {
    int bits =
        given instanceof RSAKey
            ? ((RSAKey) given).getModulus().bitLength()
            : Values.integer(engine.attributes(inUse.handle()), Attributes.MODULUS).bitLength();
    return (bits + Byte.SIZE - 1) / Byte.SIZE;
  }

  void release() {
    inUse.release();
  }
}
