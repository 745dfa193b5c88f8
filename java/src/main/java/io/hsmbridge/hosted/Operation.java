package io.hsmbridge.hosted;

/** What a call through a {@link Channel} asks for; the host knows them by their ordinal numbers. */
enum Operation {
  SIGN,
  VERIFY,
  ENCRYPT,
  DECRYPT
}
