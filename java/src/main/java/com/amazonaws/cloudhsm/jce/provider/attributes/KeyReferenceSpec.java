package com.amazonaws.cloudhsm.jce.provider.attributes;

import java.security.spec.KeySpec;

/** Names a key by its key reference, the handle that the HSM gave it. */
public final class KeyReferenceSpec implements KeySpec {

  private final long reference;

  private KeyReferenceSpec(long reference) {
    this.reference = reference;
  }

  /**
   * Names a key.
   *
   * @param reference the key reference, as {@code hsmbridge keys} and {@code toString} of a key show it in hexadecimal
   * @return the specification
   */
  public static KeyReferenceSpec getInstance(long reference) {
    return new KeyReferenceSpec(reference);
  }

  /**
   * Returns the key reference.
   *
   * @return the number given to {@link #getInstance}
   */
  public long getKeyReference() {
    return reference;
  }

  /**
   * Returns the key reference; another name of {@link #getKeyReference}.
   *
   * @return the number given to {@link #getInstance}
   */
  public long getHandle() {
    return reference;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof KeyReferenceSpec && ((KeyReferenceSpec) other).reference == reference;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(reference);
  }

  @Override
  public String toString() {
    return String.format("key reference 0x%016x", reference);
  }
}
