/** An operation returned something else than it should. */
final class WrongResult extends Exception {

  private static final long serialVersionUID = 1L;

  WrongResult(String message) {
    super(message);
  }
}
