package io.hsmbridge.socket;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A connection that carries bytes both ways. One thread uses it at a time; any thread may close it, and thereby ends a
 * read or a write that another thread is in.
 */
public interface Wire extends Closeable {

  /**
   * Sets the time after which reads and writes fail, because the connection is closed then.
   *
   * @param deadline as of {@link System#nanoTime}; {@link #NEVER} for none
   */
  void deadline(long deadline);

  /** No deadline. */
  long NEVER = 0;

  /**
   * Sends all that remains in a buffer.
   *
   * @param bytes a direct buffer; if the connection breaks, something remains only if not all of it can have been sent
   * @throws IOException if the connection breaks, or the deadline passes
   */
  void write(ByteBuffer bytes) throws IOException;

  /**
   * Waits for bytes and puts those that are there into a buffer, as many as have room.
   *
   * @param buffer with room for one byte at least
   * @throws java.io.EOFException if the peer has closed the connection
   * @throws IOException if the connection breaks, or the deadline passes
   */
  void read(ByteBuffer buffer) throws IOException;

  /**
   * Looks whether the peer has neither closed the connection nor sent anything, without waiting for it.
   *
   * @return false if the connection is of no use any more
   */
  boolean isQuiet();

  /** Closes; blocks for no longer than the system takes, and reports nothing. */
  @Override
  void close();
}
