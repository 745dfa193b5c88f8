package com.example.signing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Security;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SigningServiceTest {
  private static final byte[] DATA = "an order".getBytes(StandardCharsets.UTF_8);

  private String name;
  private SigningService service;

  @BeforeAll
  static void register() throws Exception {
    // Once for the JVM: each provider is a connection to the HSM.
    Security.addProvider(new CloudHsmProvider());
  }

  @BeforeEach
  void create() throws Exception {
    name = "test-" + UUID.randomUUID();
    service = SigningService.create(name);
  }

  @AfterEach
  void destroy() throws Exception {
    service.destroy();
  }

  @Test
  void theJdkVerifiesWhatTheHsmSigned() throws Exception {
    byte[] signed = service.sign(DATA);

    X509EncodedKeySpec encoded = new X509EncodedKeySpec(service.publicKey().getEncoded());
    PublicKey exported = KeyFactory.getInstance("EC", "SunEC").generatePublic(encoded);
    Signature verifier = Signature.getInstance("SHA256withECDSA", "SunEC");
    verifier.initVerify(exported);
    verifier.update(DATA);
    assertTrue(verifier.verify(signed));
  }

  @Test
  void theHsmRefusesOtherData() throws Exception {
    byte[] signed = service.sign(DATA);
    assertTrue(service.verify(DATA, signed));
    assertFalse(service.verify("another order".getBytes(StandardCharsets.UTF_8), signed));
  }

  @Test
  void aPairIsFoundByItsName() throws Exception {
    SigningService found = SigningService.find(name);
    assertArrayEquals(service.publicKey().getEncoded(), found.publicKey().getEncoded());
    assertTrue(service.verify(DATA, found.sign(DATA)));
    Exception refusal = assertThrows(IllegalStateException.class, () -> SigningService.find("no-such-pair"));
    assertTrue(refusal.getMessage().contains("no-such-pair:"), refusal.getMessage());
  }

  @Test
  void thePrivateKeyHasNoBytes() {
    assertNull(service.privateKey().getEncoded());
    assertEquals("EC", service.privateKey().getAlgorithm());
  }
}
