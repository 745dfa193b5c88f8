/** The program that the demo packs into a jar and signs. */
public final class Hello {
  private Hello() {}

  /** Says hello. */
  public static void main(String[] args) {
    System.out.println("Hello from a signed jar.");
  }
}
