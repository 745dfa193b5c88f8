package io.hsmbridge.quorum;

import io.hsmbridge.json.Json;
import io.hsmbridge.json.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** The token of a key as JSON (user guide, "key-quorum-auth-chsm-cli-crypto-user"). */
final class TokenFile {

  private static final String VERSION = "2.0";
  private static final Path NO_FILE = Path.of("token");

  private TokenFile() {}

  static String unsigned(ApprovalRequest request) {
    Base64.Encoder base64 = Base64.getEncoder();
    return String.join(
        "\n",
        "{",
        "  \"version\": \"" + VERSION + "\",",
        "  \"service\": \"" + request.service() + "\",",
        "  \"key_reference\": \"" + request.keyReference() + "\",",
        "  \"approval_data\": \"" + base64.encodeToString(request.approvalData()) + "\",",
        "  \"token\": \"" + base64.encodeToString(request.token()) + "\",",
        "  \"signatures\": []",
        "}",
        "");
  }

  /** Reads what {@link #unsigned} wrote, with signatures; {@code source} is for messages, and may be null. */
  static Approval parse(Path source, String json) throws IOException {
    JsonNode file = Json.parse(source == null ? NO_FILE : source, json);
    if (!VERSION.equals(file.text("version"))) {
      throw file.wrong("this is no token file: its \"version\" is not \"" + VERSION + "\".");
    }
    byte[] approvalData = bytes(file, "approval_data");
    List<ApprovalSignature> signatures = new ArrayList<>();
    for (JsonNode entry : file.elements("signatures")) {
      String username = entry.text("username");
      if (username == null) {
        throw entry.wrong("a signature has no \"username\".");
      }
      signatures.add(new ApprovalSignature(username, entry.text("role"), bytes(entry, "signature")));
    }
    return new Approval(approvalData, signatures);
  }

  private static byte[] bytes(JsonNode node, String name) throws IOException {
    String text = node.text(name);
    if (text == null || text.isEmpty()) {
      throw node.wrong("\"" + name + "\" is missing, or empty.");
    }
    try {
      return Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      throw node.member(name).wrong("\"" + name + "\" is not Base64.");
    }
  }
}
