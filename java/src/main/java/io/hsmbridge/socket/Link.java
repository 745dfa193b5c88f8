package io.hsmbridge.socket;

import io.hsmbridge.engine.HsmException;
import io.hsmbridge.engine.ReturnCodes;
import java.io.IOException;
import java.net.ProtocolException;
import java.nio.ByteBuffer;

/** One connection with the daemon, used by one thread at a time: a request, then its answer. */
final class Link {

  /** Writes the arguments of a request. */
  @FunctionalInterface
  interface Arguments {
    void write(MessageWriter request);
  }

  /** Reads the result out of an answer. */
  @FunctionalInterface
  interface Result<T> {
    T read(MessageReader answer) throws IOException;
  }

  /** Bytes of a request, with its length, before login. */
  private static final int MOST_BEFORE_LOGIN = MessageWriter.HEADER + (1 << 14);

  /** The number of an answer to no request. */
  private static final int FAREWELL = 0;

  private final Wire wire;
  private final MessageWriter writer = new MessageWriter();
  private final MessageReader reader = new MessageReader();
  private int number;
  private boolean sent;
  private boolean spent;

  /** What it joined; null before {@code hello}. */
  private Session session;

  /** When it was given back, as of {@link System#nanoTime}; the pool's. */
  long idleSince;

  Link(Wire wire) {
    this.wire = wire;
  }

  Session session() {
    return session;
  }

  void joined(Session joined) {
    session = joined;
  }

  /**
   * Sends a request and waits for its answer.
   *
   * @param loggedIn whether the daemon takes long requests from this session
   * @throws HsmException if the daemon refuses, or the arguments cannot be sent; the link can be used further
   * @throws IOException if the connection breaks; {@link #wasSent} tells whether the request may have been carried out
   */
  <T> T exchange(Method method, Arguments arguments, Result<T> result, boolean loggedIn, long deadline)
      throws IOException {
    sent = false;
    number = number == Integer.MAX_VALUE ? 1 : number + 1;
    writer.begin().array(2 + method.arguments).number(number).encoded(method.encoded);
    try {
      arguments.write(writer);
      ByteBuffer request = writer.end();
      if (!loggedIn && request.remaining() > MOST_BEFORE_LOGIN) {
        throw tooLong(method);
      }
      wire.deadline(deadline);
      send(request);
      T answer = read(receive(), result);
      wire.deadline(Wire.NEVER);
      return answer;
    } finally {
      // Passwords, keys, and what is encrypted or has been decrypted.
      writer.wipeUsed();
    }
  }

  /** Says what the daemon would say if it read so much. */
  private static HsmException tooLong(Method method) {
    return method == Method.LOGIN
        ? new HsmException(ReturnCodes.PIN_INCORRECT, "No user has a name or a password of such a length.")
        : new HsmException(ReturnCodes.USER_NOT_LOGGED_IN, "Nobody is logged in on this session.");
  }

  private void send(ByteBuffer frame) throws IOException {
    try {
      wire.write(frame);
    } finally {
      sent = !frame.hasRemaining();
    }
  }

  /** Reads a frame: usually its length and all of it at once. */
  private ByteBuffer receive() throws IOException {
    ByteBuffer buffer = writer.buffer().clear();
    while (buffer.position() < MessageWriter.HEADER) {
      wire.read(buffer);
    }
    int length = buffer.getInt(0);
    if (length < 1 || length > MessageWriter.MOST_FRAME) {
      throw new ProtocolException("the daemon's answer is no frame of this protocol");
    }
    int end = MessageWriter.HEADER + length;
    buffer = writer.withRoomFor(length);
    while (buffer.position() < end) {
      wire.read(buffer);
    }
    // More than was asked for is the daemon's farewell.
    spent = buffer.position() > end;
    return buffer.limit(end).position(MessageWriter.HEADER);
  }

  private <T> T read(ByteBuffer frame, Result<T> result) throws IOException {
    MessageReader answer = reader.over(frame);
    if (answer.array() != 3) {
      throw new ProtocolException("the daemon's answer does not have three elements");
    }
    long answered = answer.number();
    long code = answer.number();
    if (code != 0) {
      String message = answer.text();
      answer.end();
      throw refusal(answered, code, message);
    }
    if (answered != number) {
      throw new ProtocolException("the daemon's answer has another request's number");
    }
    T value = result.read(answer);
    answer.end();
    return value;
  }

  private HsmException refusal(long answered, long code, String message) throws IOException {
    if (answered == FAREWELL) {
      throw new IOException("the daemon ended the connection: " + message);
    }
    if (answered != number) {
      throw new ProtocolException("the daemon's answer has another request's number");
    }
    wire.deadline(Wire.NEVER);
    return new HsmException(code, message);
  }

  /** Tells whether the last request reached the daemon, as far as can be known. */
  boolean wasSent() {
    return sent;
  }

  /** Tells whether one more request can be sent; costs calls of the system. */
  boolean isQuiet() {
    return !spent && wire.isQuiet();
  }

  boolean isSpent() {
    return spent;
  }

  /** Tells whether a long message has left a buffer behind that small ones do not need. */
  boolean isLarge() {
    return writer.isLarge();
  }

  /** Gives the memory of a large buffer back; nobody may be using the link. */
  void shrink() {
    writer.shrink();
  }

  void close() {
    wire.close();
  }
}
