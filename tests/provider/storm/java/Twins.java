import java.security.KeyPair;
import javax.crypto.SecretKey;

/** Keys that are in the HSM and in software. */
final class Twins {

  private Twins() {}

  /** A secret key. */
  static final class Secret {

    final SecretKey own;
    final SecretKey software;

    Secret(SecretKey own, SecretKey software) {
      this.own = own;
      this.software = software;
    }
  }

  /** A key pair. */
  static final class Pair {

    final KeyPair own;
    final KeyPair software;

    Pair(KeyPair own, KeyPair software) {
      this.own = own;
      this.software = software;
    }
  }
}
