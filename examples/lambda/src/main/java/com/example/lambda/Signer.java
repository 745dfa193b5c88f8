package com.example.lambda;

import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.Signature;
import java.util.Arrays;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.PasswordCallback;

/** One connection to the HSM, logged in, and the key that it signs with. */
final class Signer {
  private final Provider provider;
  private final PrivateKey key;

  private Signer(Provider provider, PrivateKey key) {
    this.provider = provider;
    this.key = key;
  }

  /**
   * Connects, logs in and finds the key.
   *
   * <p>All of it once for each container: the connection outlives the event, and if it broke while the container was
   * frozen, the provider connects and logs in again by itself.
   */
  static Signer connect(Settings settings) throws Exception {
    // It is not registered: who knows the provider object needs no name, and the JDK's search skips it.
    CloudHsmProvider provider = new CloudHsmProvider();
    char[] secret = settings.readSecret();
    try {
      provider.login(null, callbacks -> answer(callbacks, secret));
    } finally {
      Arrays.fill(secret, '\0');
    }
    KeyStore keys = KeyStore.getInstance(CloudHsmProvider.CLOUDHSM_KEYSTORE_TYPE, provider);
    keys.load(null, null);
    PrivateKey key = (PrivateKey) keys.getKey(settings.keyLabel(), null);
    if (key == null) {
      throw new IllegalStateException("The HSM has no key with the label " + settings.keyLabel() + ".");
    }
    return new Signer(provider, key);
  }

  private static void answer(Callback[] callbacks, char[] secret) {
    for (Callback callback : callbacks) {
      if (callback instanceof PasswordCallback password) {
        password.setPassword(secret);
      }
    }
  }

  byte[] sign(byte[] data) {
    try {
      Signature signature = Signature.getInstance("SHA256withECDSA", provider);
      signature.initSign(key);
      signature.update(data);
      return signature.sign();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("The HSM did not sign.", e);
    }
  }
}
