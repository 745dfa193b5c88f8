package io.hsmbridge.quorum;

import java.util.Objects;

/**
 * What one approver has signed.
 *
 * @param username the approver's name
 * @param role {@code crypto-user} or {@code admin}; null for the one that the service asks for
 * @param signature RSA PKCS#1 v1.5 over the token, which is a SHA-256 digest, with the key that the approver registered
 */
public record ApprovalSignature(String username, String role, byte[] signature) {

  /**
   * Takes a copy of the signature.
   *
   * @throws NullPointerException if name or signature are null
   */
  public ApprovalSignature {
    Objects.requireNonNull(username, "username is null");
    signature = signature.clone();
  }

  /**
   * Returns the signature.
   *
   * @return a copy
   */
  @Override
  public byte[] signature() {
    return signature.clone();
  }

  /** Names the approver. */
  @Override
  public String toString() {
    return "signature of " + username;
  }
}
