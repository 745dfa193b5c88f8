package io.hsmbridge.engine;

/** Opens sessions with an HSM; the in-process host implements it. */
public interface EngineFactory {

  /**
   * Opens a new session that nobody has logged in to.
   *
   * @return the session
   */
  Engine open();
}
