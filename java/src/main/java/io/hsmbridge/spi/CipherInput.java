package io.hsmbridge.spi;

import io.hsmbridge.engine.HsmException;
import java.nio.ByteBuffer;
import javax.crypto.IllegalBlockSizeException;

/** Data on its way through a cipher, from one initialisation or final call to the next final call. */
interface CipherInput {

  /** Tells how many bytes {@link #update} returns for so many. */
  int updateSize(int length);

  /** Tells how many bytes {@link #finish} returns for so many, at most. */
  int finalSize(int length);

  /**
   * Takes data, and writes what is ready to where a buffer stands: as many bytes as {@link #updateSize} tells.
   *
   * @throws HsmException if the engine refuses; call {@link #reset} then
   */
  void update(byte[] data, int offset, int length, ByteBuffer output);

  /**
   * Returns the rest. Changes nothing, so that a caller whose buffer turns out to be short may ask again.
   *
   * @throws HsmException if the engine refuses
   * @throws IllegalBlockSizeException if there is more data than is collected for one call of the engine
   */
  byte[] finish(byte[] data, int offset, int length) throws IllegalBlockSizeException;

  /** Wipes the data and begins again. */
  void reset();
}
