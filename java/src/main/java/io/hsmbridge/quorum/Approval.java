package io.hsmbridge.quorum;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A token with the signatures of its approvers. Each is good for one operation.
 *
 * <pre>
 * Approval approval = request.approval().signedBy("bob", bobsSignature).signedBy("carol", carolsSignature);
 * </pre>
 */
public final class Approval {

  private final byte[] approvalData;
  private final List<ApprovalSignature> signatures;

  Approval(byte[] approvalData, List<ApprovalSignature> signatures) {
    this.approvalData = approvalData.clone();
    this.signatures = List.copyOf(signatures);
  }

  /**
   * Makes an approval that nobody has signed.
   *
   * @param approvalData as {@link ApprovalRequest#approvalData} returns it
   * @return the approval
   */
  public static Approval of(byte[] approvalData) {
    return new Approval(approvalData, List.of());
  }

  /**
   * Reads a signed token file.
   *
   * @param json the text of the file: what {@link ApprovalRequest#tokenFile} returned, with the approvers' signatures
   * @return the approval
   * @throws IOException if it is no token file, or a signature in it is none
   */
  public static Approval ofTokenFile(String json) throws IOException {
    return TokenFile.parse(null, json);
  }

  /**
   * Adds a signature of a user with the role that the service asks for.
   *
   * @param username the approver's name
   * @param signature RSA PKCS#1 v1.5 over the token, which is a SHA-256 digest
   * @return the approval with this signature too
   */
  public Approval signedBy(String username, byte[] signature) {
    List<ApprovalSignature> more = new ArrayList<>(signatures);
    more.add(new ApprovalSignature(username, null, signature));
    return new Approval(approvalData, more);
  }

  /**
   * Returns what the token is.
   *
   * @return a copy
   */
  public byte[] approvalData() {
    return approvalData.clone();
  }

  /**
   * Returns the signatures.
   *
   * @return all, in the order in which they were given
   */
  public List<ApprovalSignature> signatures() {
    return signatures;
  }

  /** Names the approvers. */
  @Override
  public String toString() {
    return "Approval" + signatures;
  }
}
