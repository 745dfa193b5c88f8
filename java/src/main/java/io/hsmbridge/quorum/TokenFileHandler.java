package io.hsmbridge.quorum;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;

/**
 * Writes a token into a file, says on standard error what approvers do with it, and waits until enough of them have
 * signed there. A provider uses it by itself if the system property {@code hsmbridge.approval.file}, or the variable
 * {@code HSMBRIDGE_APPROVAL_FILE} of the environment, names the file: so {@code jarsigner} and {@code keytool} can use
 * keys that need approvals.
 *
 * <p>The file has mode 0600; it takes the place of an older token's, and never of anything else. It stays when the
 * operation is over, and is of no use to anybody then.
 */
public final class TokenFileHandler implements ApprovalHandler {

  private static final Duration PAUSE = Duration.ofMillis(200);

  /** A token file has some kilobytes with eight signatures. */
  private static final long LONGEST = 1 << 20;

  private final Path file;

  /**
   * Makes a handler.
   *
   * @param file where each token is written to
   */
  public TokenFileHandler(Path file) {
    this.file = file.toAbsolutePath();
  }

  /**
   * Waits for the approvals.
   *
   * @throws IOException if the file is not a token's or cannot be written; if another token is written to it; if the token
   *     expires before enough have signed
   * @throws InterruptedIOException if the thread is interrupted meanwhile
   */
  @Override
  public Approval approve(ApprovalRequest request) throws IOException {
    long deadline = System.nanoTime() + request.timeout().toNanos();
    write(request.tokenFile());
    System.err.println(instructions(request));
    String last = null;
    String missing = "";
    while (System.nanoTime() - deadline < 0) {
      try {
        String now = read();
        if (!now.equals(last)) {
          last = now;
          Approval approval = TokenFile.parse(file, now);
          requireSameToken(approval, request);
          long approvers = approval.signatures().stream().map(ApprovalSignature::username).distinct().count();
          if (approvers >= request.requiredApprovals()) {
            return approval;
          }
          missing = approvers + " have signed";
        }
      } catch (AnotherToken e) {
        throw e;
      } catch (IOException e) {
        // An approver is in the middle of editing it; some editors move the file away first.
        last = null;
        missing = e.getMessage();
      }
      pause();
    }
    throw new IOException(
        "Too few signatures came within the " + request.timeout().toSeconds() + " s that the token is good for: "
            + missing + ", and " + request.requiredApprovals() + " are needed in " + file + ".");
  }

  private String instructions(ApprovalRequest request) {
    return "hsmbridge: the key \"" + request.label() + "\" (" + request.keyReference() + ") needs "
        + request.requiredApprovals() + " approvals within " + request.timeout().toSeconds()
        + " s. Each approver, a crypto user who may use the key, adds {\"username\": \"NAME\", \"role\":"
        + " \"crypto-user\", \"signature\": \"SIGNATURE\"} to \"signatures\" in " + file
        + ", where SIGNATURE is what this prints: echo " + Base64.getEncoder().encodeToString(request.token())
        + " | openssl base64 -d -A | openssl pkeyutl -sign -inkey NAME.key -pkeyopt digest:sha256"
        + " | openssl base64 -A";
  }

  private void write(String json) throws IOException {
    Path folder = file.getParent();
    Path whole;
    try {
      // Its mode is 0600 from the beginning.
      whole = Files.createTempFile(
          folder,
          ".approval-",
          ".tmp",
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    } catch (IOException e) {
      throw new IOException("The token cannot be written to the folder " + folder + ": " + e + ".", e);
    }
    try {
      Files.writeString(whole, json);
      if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
        requireToken();
        Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE);
      } else {
        place(whole);
      }
    } catch (FileAlreadyExistsException e) {
      throw foreign(e);
    } finally {
      Files.deleteIfExists(whole);
    }
  }

  /** Gives the file its name, unless somebody has given it to another meanwhile. */
  private void place(Path whole) throws IOException {
    try {
      Files.createLink(file, whole);
    } catch (FileAlreadyExistsException e) {
      throw e;
    } catch (FileSystemException | UnsupportedOperationException e) {
      // There are file systems without links; there, two steps do it.
      Files.move(whole, file);
    }
  }

  private void requireToken() throws IOException {
    try {
      TokenFile.parse(file, read());
    } catch (IOException e) {
      throw foreign(e);
    }
  }

  private IOException foreign(IOException cause) {
    return new IOException(
        "The file " + file + " is there already and is no token's: name another for the approvals.", cause);
  }

  private String read() throws IOException {
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new IOException("the file is gone");
    }
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || Files.size(file) > LONGEST) {
      throw new IOException("it is no file of a token");
    }
    // Bytes that are no text become a text that is no JSON.
    return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
  }

  private void requireSameToken(Approval approval, ApprovalRequest request) throws AnotherToken {
    if (!Arrays.equals(approval.approvalData(), request.approvalData())) {
      throw new AnotherToken(
          "The file " + file + " holds another token now: give each program that waits a file of its own.");
    }
  }

  private static void pause() throws InterruptedIOException {
    try {
      Thread.sleep(PAUSE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("The wait for approvals was interrupted.");
    }
  }

  /** Somebody else's token took the place of ours. */
  private static final class AnotherToken extends IOException {

    private static final long serialVersionUID = 1L;

    AnotherToken(String message) {
      super(message);
    }
  }
}
