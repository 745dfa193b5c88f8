import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Provider;
import java.security.Signature;
import java.security.spec.AlgorithmParameterSpec;

/** Signs again and again with one key of one provider, and tells how long that took. */
public final class SignLoop {

  private final Signature signature;
  private final byte[] message = new byte[32];

  /**
   * Generates a key pair in the provider and makes ready to sign with it.
   *
   * @param provider where the key lives and the signature is made
   * @param keyAlgorithm the key pair's algorithm
   * @param parameters its size or curve
   * @param algorithm the signature's algorithm
   * @throws GeneralSecurityException if the provider refuses, or makes a signature that it does not accept itself
   */
  public SignLoop(
      Provider provider, String keyAlgorithm, AlgorithmParameterSpec parameters, String algorithm)
      throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance(keyAlgorithm, provider);
    generator.initialize(parameters);
    KeyPair pair = generator.generateKeyPair();
    signature = Signature.getInstance(algorithm, provider);
    signature.initSign(pair.getPrivate());
    signature.update(message);
    byte[] signed = signature.sign();
    signature.initVerify(pair.getPublic());
    signature.update(message);
    if (!signature.verify(signed)) {
      throw new GeneralSecurityException(provider.getName() + " refuses its own " + algorithm);
    }
    signature.initSign(pair.getPrivate());
  }

  /**
   * Signs one message many times.
   *
   * @param operations how often
   * @return the nanoseconds that this took
   * @throws GeneralSecurityException if the provider refuses
   */
  public long run(int operations) throws GeneralSecurityException {
    long start = System.nanoTime();
    for (int i = 0; i < operations; i++) {
      signature.update(message);
      signature.sign();
    }
    return System.nanoTime() - start;
  }
}
