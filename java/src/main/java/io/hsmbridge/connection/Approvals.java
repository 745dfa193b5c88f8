package io.hsmbridge.connection;

import io.hsmbridge.engine.Attributes;
import io.hsmbridge.engine.Engine;
import io.hsmbridge.engine.HsmException;
import io.hsmbridge.engine.ReturnCodes;
import io.hsmbridge.engine.Values;
import io.hsmbridge.locate.Settings;
import io.hsmbridge.quorum.Approval;
import io.hsmbridge.quorum.ApprovalHandler;
import io.hsmbridge.quorum.ApprovalRequest;
import io.hsmbridge.quorum.TokenFileHandler;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/** Has operations approved that the HSM refuses without. */
public final class Approvals {

  private static final String KEY_USAGE = "key-usage";

  private final Engine engine;

  /** A user has one token for a key: the next would take the place of one that is being signed. */
  private final ReentrantLock lock = new ReentrantLock();

  private volatile ApprovalHandler handler;

  Approvals(Engine engine) {
    this.engine = engine;
  }

  /**
   * Says who is asked for approvals.
   *
   * @param newHandler the handler; null for that of the system property, if it is set
   */
  public void setHandler(ApprovalHandler newHandler) {
    handler = newHandler;
  }

  /** Signs with approvals what was refused without them. */
  byte[] sign(HsmException refusal, long key, long mechanism, byte[] parameter, byte[] data) {
    ApprovalHandler asked = handlerFor(refusal);
    lock.lock();
    try {
      return engine.signApproved(key, mechanism, parameter, data, ask(asked, key));
    } finally {
      lock.unlock();
    }
  }

  private ApprovalHandler handlerFor(HsmException refusal) {
    // A handler that signs with such a key itself would be asked forever.
    if (lock.isHeldByCurrentThread()) {
      throw refusal;
    }
    ApprovalHandler set = handler;
    Path file = set == null ? Settings.APPROVAL_FILE.path() : null;
    if (set == null && file == null) {
      throw new HsmException(
          refusal.code(),
          refusal.getMessage() + " From Java, that is done by a handler (io.hsmbridge.quorum.QuorumApprovals), and with"
              + " tools such as jarsigner by a file: -J-Dhsmbridge.approval.file=FILE, or HSMBRIDGE_APPROVAL_FILE.");
    }
    return set == null ? new TokenFileHandler(file) : set;
  }

  private Approval ask(ApprovalHandler asked, long key) {
    String label = Values.text(engine.attributes(key), Attributes.LABEL);
    byte[] approvalData = engine.generateToken(KEY_USAGE, key);
    Map<String, Object> token = engine.tokenInfo(KEY_USAGE, key);
    ApprovalRequest request =
        new ApprovalRequest(
            KEY_USAGE,
            key,
            label,
            approvalData,
            (int) Values.number(token, "REQUIRED"),
            Duration.ofSeconds(Values.number(token, "EXPIRES_IN")));
    Approval approval;
    try {
      approval = asked.approve(request);
    } catch (Exception e) {
      throw failed(request + " were asked for, and the handler failed: " + e.getMessage(), e);
    }
    if (approval == null) {
      throw failed(request + " were asked for, and the handler gave none.", null);
    }
    return approval;
  }

  private static HsmException failed(String reason, Exception cause) {
    HsmException refusal = new HsmException(ReturnCodes.QUORUM_FAILED, "Quorum Failed: " + reason);
    refusal.initCause(cause);
    return refusal;
  }
}
