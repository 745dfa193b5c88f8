package com.example.lambda;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import java.util.Base64;
import java.util.Map;

/** Signs the base64 text under {@code data} of an event, and answers with the base64 text {@code signature}. */
public final class SignHandler implements RequestHandler<Map<String, String>, Map<String, String>> {
  private final Signer signer;

  /** Called once for each container, before its first event: connects, logs in and finds the key. */
  public SignHandler() throws Exception {
    this(Signer.connect(Settings.ofEnvironment()));
  }

  SignHandler(Signer signer) {
    this.signer = signer;
  }

  @Override
  public Map<String, String> handleRequest(Map<String, String> event, Context context) {
    String data = event.get("data");
    if (data == null) {
      throw new IllegalArgumentException("The event has no \"data\": send {\"data\": \"base64\"}.");
    }
    byte[] signature = signer.sign(Base64.getDecoder().decode(data));
    return Map.of("signature", Base64.getEncoder().encodeToString(signature));
  }
}
