package com.example.tokens;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertThrows;

import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import java.nio.charset.StandardCharsets;
import java.security.Security;
import java.util.Arrays;
import java.util.UUID;
import javax.crypto.AEADBadTagException;
import org.junit.After;
import org.junit.Before;
import org.junit.BeforeClass;
import org.junit.Test;

public class TokenCipherTest {
  private static final byte[] TOKEN = "a token".getBytes(StandardCharsets.UTF_8);
  private static final byte[] OWNER = "alice".getBytes(StandardCharsets.UTF_8);

  private String label;
  private TokenCipher cipher;

  @BeforeClass
  public static void register() throws Exception {
    // Once for the JVM: each provider is a connection to the HSM.
    Security.addProvider(new CloudHsmProvider());
  }

  @Before
  public void create() throws Exception {
    label = "test-" + UUID.randomUUID();
    cipher = TokenCipher.create(label);
  }

  @After
  public void destroy() throws Exception {
    cipher.destroy();
  }

  @Test
  public void whatIsSealedOpensAgain() throws Exception {
    byte[] sealed = cipher.seal(TOKEN, OWNER);
    assertFalse(Arrays.equals(sealed, cipher.seal(TOKEN, OWNER)));
    assertArrayEquals(TOKEN, cipher.open(sealed, OWNER));
    assertArrayEquals(TOKEN, TokenCipher.find(label).open(sealed, OWNER));
  }

  @Test
  public void whatWasChangedIsRefused() throws Exception {
    byte[] sealed = cipher.seal(TOKEN, OWNER);
    assertThrows(AEADBadTagException.class, () -> cipher.open(sealed, "bob".getBytes(StandardCharsets.UTF_8)));
    sealed[sealed.length - 1] ^= 1;
    assertThrows(AEADBadTagException.class, () -> cipher.open(sealed, OWNER));
  }

  @Test
  public void theKeyHasNoBytes() {
    assertNull(cipher.key().getEncoded());
  }
}
