package io.hsmbridge.quorum;

/** Has the approvers sign a token; {@link QuorumApprovals#setHandler} gives it to a provider. */
@FunctionalInterface
public interface ApprovalHandler {

  /**
   * Returns the approvals of one operation, which waits meanwhile. The provider asks for one operation at a time.
   *
   * @param request what is to be approved
   * @return the token with its signatures; null if there are none, and the operation is refused
   * @throws Exception if there are none, and why; it becomes the cause of what the operation throws
   */
  Approval approve(ApprovalRequest request) throws Exception;
}
