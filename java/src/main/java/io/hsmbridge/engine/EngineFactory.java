package io.hsmbridge.engine;

import java.util.Map;

/** Opens sessions with HSMs; the in-process host implements it. */
public interface EngineFactory {

  /**
   * Opens a new session that nobody has logged in to.
   *
   * @param cluster the identifier of the HSM's cluster; null for the default HSM
   * @param rules what this session may less than others: {@code clear_extraction}, Boolean, false if it gets no keys in
   *     clear whatever the HSM is set to; {@code min_hsms}, Long, the number of HSMs that a key must be on
   * @return the session
   * @throws HsmException if there is no such cluster, or its HSM cannot be opened
   */
  Engine open(String cluster, Map<String, Object> rules);
}
