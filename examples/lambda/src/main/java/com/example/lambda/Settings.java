package com.example.lambda;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * What the function is told by its environment variables.
 *
 * @param keyLabel the label of the private key, KEY_LABEL
 * @param secretFile a file with {@code user:password}, HSM_SECRET_FILE
 */
record Settings(String keyLabel, Path secretFile) {
  static Settings ofEnvironment() {
    return new Settings(needed("KEY_LABEL"), Path.of(needed("HSM_SECRET_FILE")));
  }

  private static String needed(String variable) {
    String value = System.getenv(variable);
    if (value == null) {
      throw new IllegalStateException("The environment variable " + variable + " is not set.");
    }
    return value;
  }

  /**
   * Reads the secret; the one place to change where it comes from elsewhere, such as AWS Secrets Manager.
   *
   * @return {@code user:password}, for the caller to overwrite
   */
  char[] readSecret() throws IOException {
    // No String, which would stay in memory until the garbage collector comes by.
    byte[] bytes = Files.readAllBytes(secretFile);
    CharBuffer text = StandardCharsets.UTF_8.decode(ByteBuffer.wrap(bytes));
    int length = text.length();
    while (length > 0 && text.charAt(length - 1) == '\n') {
      length--;
    }
    char[] secret = new char[length];
    text.get(secret);
    Arrays.fill(bytes, (byte) 0);
    Arrays.fill(text.array(), '\0');
    return secret;
  }
}
