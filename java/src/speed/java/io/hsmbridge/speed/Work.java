package io.hsmbridge.speed;

/** One operation, ready to be done again and again by one thread. */
@FunctionalInterface
interface Work {

  /** Does it once. */
  void run() throws Exception;
}
