package io.hsmbridge.socket;

import io.hsmbridge.engine.Engine;
import io.hsmbridge.engine.HsmException;
import io.hsmbridge.engine.RepeatsLogin;
import io.hsmbridge.quorum.Approval;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.Security;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * Lets a test of another process use the client: frames of MessagePack on standard input, [number, method, argument, …],
 * answered on standard output as the daemon does. Every command has a thread of its own.
 */
public final class Shell {

  /** The code of an answer about an exception that is no HsmException. */
  private static final int OTHER = 1;

  private static final char[] PASSWORD = "password".toCharArray();

  private final Map<Long, Thread> threads = new ConcurrentHashMap<>();
  private final boolean virtual;
  private final OutputStream output;
  private volatile Engine engine;

  private Shell(boolean virtual, OutputStream output) {
    this.virtual = virtual;
    this.output = output;
  }

  public static void main(String[] arguments) throws Exception {
    Shell shell = new Shell(arguments.length > 0 && arguments[0].equals("virtual"), System.out);
    DataInputStream input = new DataInputStream(System.in);
    while (true) {
      byte[] frame;
      try {
        frame = input.readNBytes(input.readInt());
      } catch (EOFException e) {
        return;
      }
      MessageReader command = new MessageReader().over(ByteBuffer.wrap(frame));
      command.array();
      shell.start(command.number(), command.text(), command);
    }
  }

  private void start(long number, String method, MessageReader arguments) throws Exception {
    Runnable work = () -> answer(number, method, arguments);
    if (method.equals("interrupt")) {
      Thread thread = threads.get(arguments.number());
      if (thread != null) {
        thread.interrupt();
      }
      send(number, request -> request.nil());
    } else if (virtual) {
      threads.put(number, (Thread) Thread.class.getMethod("startVirtualThread", Runnable.class).invoke(null, work));
    } else {
      Thread thread = new Thread(work);
      threads.put(number, thread);
      thread.start();
    }
  }

  private void answer(long number, String method, MessageReader arguments) {
    try {
      Link.Arguments result;
      try {
        result = run(method, arguments);
      } catch (HsmException e) {
        refuse(number, e.code(), e.getMessage());
        return;
      } catch (Exception | Error e) {
        refuse(number, OTHER, e.toString());
        return;
      }
      send(number, result);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private void refuse(long number, long code, String message) throws IOException {
    write(new MessageWriter().begin().array(3).number(number).number(code).text(message));
  }

  private void send(long number, Link.Arguments result) throws IOException {
    MessageWriter answer = new MessageWriter().begin().array(3).number(number).number(0);
    result.write(answer);
    write(answer);
  }

  private synchronized void write(MessageWriter answer) throws IOException {
    ByteBuffer frame = answer.end();
    byte[] bytes = new byte[frame.remaining()];
    frame.get(bytes);
    output.write(bytes);
    output.flush();
  }

  private Link.Arguments run(String method, MessageReader in) throws Exception {
    switch (method) {
      case "open":
        engine = SocketEngine.open(endpoint(in.template()), options(in.template()));
        return MessageWriter::nil;
      case "interrupted":
        // The next command, with the thread's flag set; answers with the flag, and keeps the result to itself.
        Thread.currentThread().interrupt();
        run(in.text(), in);
        boolean flag = Thread.interrupted();
        return out -> out.flag(flag);
      case "noticing":
        // The next command; answers with the thread's flag at its end.
        run(in.text(), in);
        boolean noticed = Thread.interrupted();
        return out -> out.flag(noticed);
      case "memory":
        System.gc();
        long used = Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
        return out -> out.number(used);
      case "threads":
        // Of the client.
        long count = Thread.getAllStackTraces().keySet().stream().filter(t -> t.getName().startsWith("hsmb")).count();
        return out -> out.number(count);
      case "readLogin":
        // Later, in place of the credentials of the system.
        String user = in.text();
        byte[] password = in.bytes();
        ((RepeatsLogin) engine).readLoginFrom(receiver -> receiver.accept(user, password));
        return MessageWriter::nil;
      case "wiped":
        boolean wiped = Echo.isWiped(in.bytes());
        return out -> out.flag(wiped);
      case "insert":
        Object provider =
            Class.forName("com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider").getConstructor().newInstance();
        int position = Security.insertProviderAt((java.security.Provider) provider, 1);
        return out -> out.number(position);
      case "hosted":
        // Of the provider that stands first.
        byte[] random = new byte[(int) in.number()];
        SecureRandom.getInstance("AES-CTR-DRBG", Security.getProviders()[0]).nextBytes(random);
        return bytes(random);
      case "decode":
        return decoded(in.text(), in.bytes());
      default:
        return operation(method, in);
    }
  }

  private static Endpoint endpoint(Map<String, Object> where) throws Exception {
    if (where.containsKey("socket")) {
      return new UnixEndpoint(Path.of((String) where.get("socket")));
    }
    return new TlsEndpoint((String) where.get("host"), ((Long) where.get("port")).intValue(), context(where));
  }

  private static SSLContext context(Map<String, Object> where) throws Exception {
    KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
    keys.init(store((String) where.get("store")), PASSWORD);
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(store((String) where.get("trust")));
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    return context;
  }

  private static KeyStore store(String path) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream file = Files.newInputStream(Path.of(path))) {
      store.load(file, PASSWORD);
    }
    return store;
  }

  private static ClientOptions options(Map<String, Object> given) {
    ClientOptions standard = ClientOptions.defaults();
    Map<String, Object> rules = new HashMap<>(given);
    Object connect = rules.remove("connect");
    Object request = rules.remove("request");
    Object retry = rules.remove("retry");
    Object connections = rules.remove("connections");
    Object operations = rules.remove("operations");
    return new ClientOptions(
        connect == null ? standard.connectTimeout() : Duration.ofMillis((Long) connect),
        request == null ? standard.requestTimeout() : Duration.ofMillis((Long) request),
        retry == null || (Boolean) retry,
        connections == null ? standard.maxConnections() : ((Long) connections).intValue(),
        operations == null ? standard.maxOperations() : ((Long) operations).intValue(),
        (String) rules.remove("cluster"),
        rules);
  }

  private static Link.Arguments decoded(String kind, byte[] message) throws IOException {
    MessageReader reader = new MessageReader().over(ByteBuffer.wrap(message));
    Link.Arguments result;
    switch (kind) {
      case "template":
        Map<String, Object> template = reader.template();
        result = out -> out.template(template);
        break;
      case "bytes":
        byte[] bytes = reader.bytes();
        result = out -> out.bytes(bytes);
        break;
      case "text":
        String text = reader.text();
        result = out -> out.text(text);
        break;
      case "number":
        long number = reader.number();
        result = out -> out.number(number);
        break;
      case "numbers":
        result = numbers(reader.numbers());
        break;
      case "nil":
        reader.nil();
        result = MessageWriter::nil;
        break;
      default:
        throw new IllegalArgumentException(kind);
    }
    reader.end();
    return result;
  }

  private static Link.Arguments numbers(long[] numbers) {
    return out -> {
      out.array(numbers.length);
      for (long number : numbers) {
        out.number(number);
      }
    };
  }

  private Link.Arguments operation(String method, MessageReader in) throws IOException {
    switch (method) {
      case "info":
        Map<String, Object> info = engine.info();
        return out -> out.template(info);
      case "login":
        engine.login(in.text(), in.bytes());
        return MessageWriter::nil;
      case "logout":
        engine.logout();
        return MessageWriter::nil;
      case "close":
        engine.close();
        return MessageWriter::nil;
      case "generateKey":
        return number(engine.generateKey(in.number(), in.template()));
      case "generateKeyPair":
        return numbers(engine.generateKeyPair(in.number(), in.template(), in.template()));
      case "checkGeneration":
        engine.checkGeneration(in.number(), in.template());
        return MessageWriter::nil;
      case "importKey":
        return number(engine.importKey(in.template()));
      case "importForUse":
        return number(engine.importForUse(in.template()));
      case "find":
        return numbers(engine.find(in.template()));
      case "attributes":
        Map<String, Object> attributes = engine.attributes(in.number());
        return out -> out.template(attributes);
      case "setAttributes":
        engine.setAttributes(in.number(), in.template());
        return MessageWriter::nil;
      case "destroy":
        engine.destroy(in.number());
        return MessageWriter::nil;
      case "export":
        return bytes(engine.export(in.number()));
      case "random":
        return bytes(engine.random((int) in.number()));
      case "sign":
        return bytes(engine.sign(in.number(), in.number(), optional(in.bytes()), in.bytes()));
      case "generateToken":
        return bytes(engine.generateToken(in.text(), noKey(in)));
      case "tokenInfo":
        Map<String, Object> token = engine.tokenInfo(in.text(), noKey(in));
        return out -> out.template(token);
      case "signApproved":
        return bytes(
            engine.signApproved(in.number(), in.number(), optional(in.bytes()), in.bytes(), approval(in)));
      case "verify":
        engine.verify(in.number(), in.number(), optional(in.bytes()), in.bytes(), in.bytes());
        return MessageWriter::nil;
      case "encrypt":
        return bytes(engine.encrypt(in.number(), in.number(), optional(in.bytes()), in.bytes()));
      case "decrypt":
        return bytes(engine.decrypt(in.number(), in.number(), optional(in.bytes()), in.bytes()));
      case "wrap":
        return bytes(engine.wrap(in.number(), in.number(), optional(in.bytes()), in.number()));
      case "unwrap":
        return number(engine.unwrap(in.number(), in.number(), optional(in.bytes()), in.bytes(), in.template()));
      case "derive":
        return number(engine.derive(in.number(), in.number(), optional(in.bytes()), in.template()));
      default:
        throw new IllegalArgumentException(method);
    }
  }

  /** A test says that there is no parameter with no bytes. */
  private static byte[] optional(byte[] parameter) {
    return parameter.length == 0 ? null : parameter;
  }

  /** A test says that there is no key with no bytes. */
  private static long noKey(MessageReader in) throws IOException {
    in.bytes();
    return 0;
  }

  private static Approval approval(MessageReader in) throws IOException {
    Approval approval = Approval.of(in.bytes());
    for (int left = in.array(); left > 0; left--) {
      in.array();
      String user = in.text();
      in.text();
      approval = approval.signedBy(user, in.bytes());
    }
    return approval;
  }

  private static Link.Arguments number(long value) {
    return out -> out.number(value);
  }

  private static Link.Arguments bytes(byte[] value) {
    return out -> out.bytes(ByteBuffer.wrap(value));
  }

  /** A daemon that decrypts nothing: the answer to each request is its last argument. */
  private static final class Echo implements Wire {

    private final byte[] data;
    private ByteBuffer answer;
    private ByteBuffer used;

    Echo(byte[] data) {
      this.data = data;
    }

    /** Tells whether a link's buffer is empty after data went both ways, and small after it was idle. */
    static boolean isWiped(byte[] data) throws IOException {
      Echo echo = new Echo(data);
      Link link = new Link(echo);
      byte[] result =
          link.exchange(
              Method.DECRYPT,
              request -> request.number(1).number(2).parameter(null).bytes(data),
              MessageReader::bytes,
              true,
              NEVER);
      boolean wiped = Arrays.equals(data, result);
      for (int i = 0; i < echo.used.capacity(); i++) {
        wiped &= echo.used.get(i) == 0;
      }
      link.shrink();
      return wiped && !link.isLarge();
    }

    @Override
    public void deadline(long deadline) {}

    @Override
    public void write(ByteBuffer bytes) {
      bytes.position(bytes.limit());
      answer = new MessageWriter().begin().array(3).number(1).number(0).bytes(ByteBuffer.wrap(data)).end();
    }

    @Override
    public void read(ByteBuffer buffer) {
      used = buffer;
      while (buffer.hasRemaining() && answer.hasRemaining()) {
        buffer.put(answer.get());
      }
    }

    @Override
    public boolean isQuiet() {
      return true;
    }

    @Override
    public void close() {}
  }
}
