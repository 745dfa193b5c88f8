package io.hsmbridge.hosted;

import io.hsmbridge.engine.Management;

/** One session of the host's engine; a host implements it. */
public interface HostedSession extends Management {

  /**
   * Tells how calls through a {@link Channel} name this session.
   *
   * @return a number that no other session of the host has or had
   */
  long number();
}
