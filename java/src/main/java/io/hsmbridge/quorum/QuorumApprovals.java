package io.hsmbridge.quorum;

import io.hsmbridge.spi.Services;
import java.security.Provider;

/**
 * Approvals for keys with quorum values, which sign only if several users approve. This is an addition: the original's
 * providers cannot use such keys.
 *
 * <pre>
 * QuorumApprovals.setHandler(
 *     Security.getProvider("CloudHSM"),
 *     request -&gt; request.approval().signedBy("bob", askBob(request)).signedBy("carol", askCarol(request)));
 * </pre>
 *
 * <p>Without a handler, the file that {@code hsmbridge.approval.file} names is used, see {@link TokenFileHandler}.
 */
public final class QuorumApprovals {

  private QuorumApprovals() {}

  /**
   * Says who is asked when the HSM wants approvals. Then the provider makes a token, asks the handler, and does the
   * operation once more with the approvals. Providers that share a login share the handler.
   *
   * @param provider a {@code CloudHsmProvider}
   * @param handler the handler; null for none
   * @throws IllegalArgumentException if it is another provider
   */
  public static void setHandler(Provider provider, ApprovalHandler handler) {
    Services.connectionOf(provider).approvals().setHandler(handler);
  }
}
