package io.hsmbridge.hosted;

import io.hsmbridge.engine.HsmException;
import java.nio.ByteBuffer;
import java.util.Map;

/** The process that started this JVM, and has the engine; it implements this interface. */
public interface Host {

  /**
   * Opens a new session that nobody has logged in to.
   *
   * @param cluster the identifier of the HSM's cluster; null for the default HSM
   * @param rules what this session may less than others: {@code clear_extraction}, Boolean, false if it gets no keys in
   *     clear whatever the HSM is set to; {@code min_hsms}, Long, the number of HSMs that a key must be on
   * @return the session
   * @throws HsmException if there is no such cluster, or its HSM cannot be opened
   */
  HostedSession open(String cluster, Map<String, Object> rules);

  /**
   * Lets calls cross the border in memory that both sides see; {@link Channel} says how.
   *
   * @param memory a direct buffer
   * @return carries out the call that stands in the memory; throws {@link HsmException} if the engine refuses
   */
  Runnable channel(ByteBuffer memory);

  /**
   * Keeps what the host has of the current thread, which it else makes anew for each call, until the host ends. This is
   * for threads that call often; the host does so for a limited number of them.
   */
  void keepThread();
}
