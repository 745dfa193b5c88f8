package io.hsmbridge.socket;

import java.nio.charset.StandardCharsets;

/** The methods of the protocol; docs/protocol.md has the table. */
enum Method {
  HELLO("hello", 2, false),
  INFO("info", 0, true),
  LOGIN("login", 2, false),
  LOGOUT("logout", 0, false),
  CLOSE("close", 0, false),
  GENERATE_KEY("generateKey", 2, false),
  GENERATE_KEY_PAIR("generateKeyPair", 3, false),
  CHECK_GENERATION("checkGeneration", 2, true),
  IMPORT_KEY("importKey", 1, false),
  IMPORT_FOR_USE("importForUse", 1, false),
  FIND("find", 1, true),
  ATTRIBUTES("attributes", 1, true),
  SET_ATTRIBUTES("setAttributes", 2, false),
  DESTROY("destroy", 1, false),
  EXPORT("export", 1, true),
  RANDOM("random", 1, true),
  SIGN("sign", 4, true),
  GENERATE_TOKEN("generateToken", 2, false),
  TOKEN_INFO("tokenInfo", 2, true),
  SIGN_APPROVED("signApproved", 6, false),
  VERIFY("verify", 5, true),
  ENCRYPT("encrypt", 4, true),
  DECRYPT("decrypt", 4, true),
  WRAP("wrap", 4, true),
  UNWRAP("unwrap", 5, false),
  DERIVE("derive", 4, false);

  /** The name in MessagePack. */
  final byte[] encoded;

  /** How many arguments it takes. */
  final int arguments;

  /** Whether carrying it out twice is as good as once. */
  final boolean repeatable;

  private final String shown;

  Method(String name, int arguments, boolean repeatable) {
    byte[] ascii = name.getBytes(StandardCharsets.US_ASCII);
    this.encoded = new byte[ascii.length + 1];
    this.encoded[0] = (byte) (0xA0 | ascii.length);
    System.arraycopy(ascii, 0, this.encoded, 1, ascii.length);
    this.arguments = arguments;
    this.repeatable = repeatable;
    this.shown = name;
  }

  /** Whether it changes who is logged in. */
  boolean changesLogin() {
    return this == LOGIN || this == LOGOUT;
  }

  @Override
  public String toString() {
    return shown;
  }
}
