package io.hsmbridge.engine;

/** Opens sessions with HSMs; the in-process host implements it. */
public interface EngineFactory {

  /**
   * Opens a new session that nobody has logged in to.
   *
   * @param cluster the identifier of the HSM's cluster; null for the default HSM
   * @return the session
   * @throws HsmException if there is no such cluster, or its HSM cannot be opened
   */
  Engine open(String cluster);
}
