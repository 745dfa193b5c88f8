package io.hsmbridge.engine;

import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** What an engine implements that logs in again by itself, when it has to make its connection again. */
public interface RepeatsLogin {

  /**
   * Tells where the login comes from; if it is refused when it is repeated, it is read once more.
   *
   * @param source hands over user and password, or nothing; must not refer to whoever holds the engine
   */
  void readLoginFrom(Consumer<BiConsumer<String, byte[]>> source);
}
