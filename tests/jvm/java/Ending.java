import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;

/** Ends in the way that its first argument names. */
public class Ending {
  public static void main(String[] args) throws Exception {
    switch (args.length > 0 ? args[0] : "") {
      case "exit":
        System.out.println("bye");
        System.exit(7);
        break;
      case "throw":
        throw new IllegalStateException("boom");
      case "late-thread":
        new Thread(Ending::late).start();
        System.out.println("main is done");
        break;
      case "late-failure":
        new Thread(Ending::late).start();
        throw new IllegalStateException("boom");
      case "thread-throws":
        new Thread(() -> { throw new IllegalStateException("in a thread"); }, "worker").start();
        break;
      case "handler":
        Thread.setDefaultUncaughtExceptionHandler((thread, e) -> System.err.println(thread.getName() + " met " + e));
        throw new Exception("handled");
      case "hook":
        Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("hook")));
        break;
      case "wait":
        Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("hook")));
        System.out.println("ready");
        Thread.sleep(60_000);
        break;
      case "storm":
        storm();
        break;
      case "input":
        System.out.println(System.in.read());
        break;
      case "deep":
        System.out.println(deep(0) > 1000);
        break;
      case "self":
        Thread main = Thread.currentThread();
        System.out.println(System.getProperty("greeting") + " " + Runtime.getRuntime().maxMemory());
        System.out.println(System.getProperty("sun.java.command"));
        System.out.println(main.getName() + " " + main.getThreadGroup().getName() + " " + main.isDaemon());
        System.out.println(Ending.class.desiredAssertionStatus());
        break;
      default:
        System.out.println("arguments " + String.join("|", args));
    }
  }

  private static void late() {
    try {
      Thread.sleep(300);
    } catch (InterruptedException e) {
      System.out.println("interrupted");
    }
    System.out.println("late");
  }

  private static int deep(int depth) {
    try {
      return deep(depth + 1);
    } catch (StackOverflowError e) {
      return depth;
    }
  }

  private static void storm() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", "CloudHSM");
    generator.initialize(256);
    KeyPair pair = generator.generateKeyPair();
    for (int i = 0; i < 8; i++) {
      new Thread(() -> sign(pair)).start();
    }
    System.out.println("ready");
  }

  private static void sign(KeyPair pair) {
    try {
      Signature signature = Signature.getInstance("SHA256withECDSA");
      signature.initSign(pair.getPrivate());
      while (true) {
        signature.update((byte) 1);
        signature.sign();
      }
    } catch (Exception e) {
      e.printStackTrace();
    }
  }
}
