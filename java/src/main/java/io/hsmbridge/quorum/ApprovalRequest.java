package io.hsmbridge.quorum;

import io.hsmbridge.engine.Connecting;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;

/** An operation that waits for approvals. */
public final class ApprovalRequest {

  private final String service;
  private final long key;
  private final String label;
  private final byte[] approvalData;
  private final int requiredApprovals;
  private final Duration timeout;

  /**
   * Describes an operation; the provider does.
   *
   * @param service {@code key-usage} to sign
   * @param key the key's handle
   * @param label the key's label, may be empty
   * @param approvalData the token, as the HSM made it
   * @param requiredApprovals how many are needed
   * @param timeout how long the token may be used
   */
  public ApprovalRequest(
      String service, long key, String label, byte[] approvalData, int requiredApprovals, Duration timeout) {
    this.service = service;
    this.key = key;
    this.label = label;
    this.approvalData = approvalData.clone();
    this.requiredApprovals = requiredApprovals;
    this.timeout = timeout;
  }

  /**
   * Returns what the token is for.
   *
   * @return {@code key-usage} to sign
   */
  public String service() {
    return service;
  }

  /**
   * Returns the reference of the key, as {@code hsmbridge keys} prints it.
   *
   * @return {@code 0x} and 16 hexadecimal digits
   */
  public String keyReference() {
    return String.format("0x%016x", key);
  }

  /**
   * Returns the label of the key.
   *
   * @return the label, empty if it has none
   */
  public String label() {
    return label;
  }

  /**
   * Returns the token as the HSM made it.
   *
   * @return a copy
   */
  public byte[] approvalData() {
    return approvalData.clone();
  }

  /**
   * Returns what approvers sign.
   *
   * @return the SHA-256 digest of {@link #approvalData}; {@code NONEwithRSA} signs it with a DigestInfo around it, and
   *     {@code SHA256withRSA} signs the approval data to the same effect
   */
  public byte[] token() {
    // Marked, because another provider's digest is meant.
    return Connecting.marked(ApprovalRequest::sha256).digest(approvalData);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Returns how many approvals the operation needs.
   *
   * @return 2 to 8
   */
  public int requiredApprovals() {
    return requiredApprovals;
  }

  /**
   * Returns how long the token may be used.
   *
   * @return the time left when the token was made
   */
  public Duration timeout() {
    return timeout;
  }

  /**
   * Returns the unsigned token file, as {@code quorum token-sign generate} writes it.
   *
   * @return JSON; approvers add their signatures
   */
  public String tokenFile() {
    return TokenFile.unsigned(this);
  }

  /**
   * Returns the approval that nobody has signed yet.
   *
   * @return the approval, to be signed with {@link Approval#signedBy}
   */
  public Approval approval() {
    return Approval.of(approvalData);
  }

  /** Names service, key and number, no more. */
  @Override
  public String toString() {
    return requiredApprovals + " approvals for " + service + " of the key \"" + label + "\" (" + keyReference() + ")";
  }
}
