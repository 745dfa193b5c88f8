package io.hsmbridge.socket;

import io.hsmbridge.engine.Engine;
import io.hsmbridge.engine.HsmException;
import io.hsmbridge.engine.RepeatsLogin;
import io.hsmbridge.quorum.Approval;
import io.hsmbridge.quorum.ApprovalSignature;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * A session with a daemon, over one socket or several; docs/protocol.md says what they carry. Connections that break
 * are replaced, and the session is logged in again if the daemon has lost it.
 *
 * <p>Interrupts of a thread do not end its operation; its flag is set again at the end. What changes nothing in the HSM is
 * repeated if its connection breaks.
 */
public final class SocketEngine implements Engine, RepeatsLogin {

  private final Client client;

  private SocketEngine(Client client) {
    this.client = client;
  }

  /**
   * Opens a session that nobody has logged in to.
   *
   * @param endpoint where the daemon listens
   * @param options how to speak with it
   * @return the session
   * @throws HsmException with {@code DEVICE_REMOVED} if no daemon answers there, or with what it refuses
   */
  public static SocketEngine open(Endpoint endpoint, ClientOptions options) {
    Client client = new Client(endpoint, options);
    client.open();
    return new SocketEngine(client);
  }

  @Override
  public Map<String, Object> info() {
    return client.call(Method.INFO, Client::nothing, MessageReader::template);
  }

  @Override
  public void login(String user, byte[] password) {
    client.login(user, password);
  }

  @Override
  public void readLoginFrom(Consumer<BiConsumer<String, byte[]>> source) {
    client.readLoginFrom(source);
  }

  @Override
  public void logout() {
    client.logout();
  }

  /** Ends the session, within a second even if the daemon does not answer. */
  @Override
  public void close() {
    client.close();
  }

  @Override
  public long generateKey(long mechanism, Map<String, Object> template) {
    return client.call(
        Method.GENERATE_KEY, request -> request.number(mechanism).template(template), MessageReader::number);
  }

  @Override
  public long[] generateKeyPair(
      long mechanism, Map<String, Object> publicTemplate, Map<String, Object> privateTemplate) {
    return client.call(
        Method.GENERATE_KEY_PAIR,
        request -> request.number(mechanism).template(publicTemplate).template(privateTemplate),
        MessageReader::pair);
  }

  @Override
  public void checkGeneration(long mechanism, Map<String, Object> template) {
    client.call(Method.CHECK_GENERATION, request -> request.number(mechanism).template(template), MessageReader::nil);
  }

  @Override
  public long importKey(Map<String, Object> template) {
    return client.call(Method.IMPORT_KEY, request -> request.template(template), MessageReader::number);
  }

  @Override
  public long importForUse(Map<String, Object> template) {
    return client.call(Method.IMPORT_FOR_USE, request -> request.template(template), MessageReader::number);
  }

  @Override
  public long[] find(Map<String, Object> template) {
    return client.call(Method.FIND, request -> request.template(template), MessageReader::numbers);
  }

  @Override
  public Map<String, Object> attributes(long key) {
    return client.call(Method.ATTRIBUTES, request -> request.number(key), MessageReader::template);
  }

  @Override
  public void setAttributes(long key, Map<String, Object> template) {
    client.call(Method.SET_ATTRIBUTES, request -> request.number(key).template(template), MessageReader::nil);
  }

  @Override
  public void destroy(long key) {
    client.call(Method.DESTROY, request -> request.number(key), MessageReader::nil);
  }

  @Override
  public byte[] export(long key) {
    return client.call(Method.EXPORT, request -> request.number(key), MessageReader::bytes);
  }

  @Override
  public byte[] random(int count) {
    return client.call(Method.RANDOM, request -> request.number(count), MessageReader::bytes);
  }

  @Override
  public byte[] sign(long key, long mechanism, byte[] parameter, byte[] data) {
    return client.call(
        Method.SIGN,
        request -> request.number(key).number(mechanism).parameter(parameter).bytes(data),
        MessageReader::bytes);
  }

  @Override
  public byte[] generateToken(String service, long key) {
    return client.call(Method.GENERATE_TOKEN, request -> service(request, service, key), MessageReader::bytes);
  }

  @Override
  public Map<String, Object> tokenInfo(String service, long key) {
    return client.call(Method.TOKEN_INFO, request -> service(request, service, key), MessageReader::template);
  }

  private static void service(MessageWriter request, String service, long key) {
    request.text(service);
    if (key == 0) {
      request.nil();
    } else {
      request.number(key);
    }
  }

  @Override
  public byte[] signApproved(long key, long mechanism, byte[] parameter, byte[] data, Approval approval) {
    return client.call(
        Method.SIGN_APPROVED,
        request -> {
          request.number(key).number(mechanism).parameter(parameter).bytes(data);
          request.bytes(approval.approvalData()).array(approval.signatures().size());
          approval.signatures().forEach(signature -> write(request, signature));
        },
        MessageReader::bytes);
  }

  private static void write(MessageWriter request, ApprovalSignature signature) {
    request.array(3).text(signature.username());
    if (signature.role() == null) {
      request.nil();
    } else {
      request.text(signature.role());
    }
    request.bytes(signature.signature());
  }

  @Override
  public void verify(long key, long mechanism, byte[] parameter, byte[] data, byte[] signature) {
    client.call(
        Method.VERIFY,
        request -> request.number(key).number(mechanism).parameter(parameter).bytes(data).bytes(signature),
        MessageReader::nil);
  }

  @Override
  public byte[] encrypt(long key, long mechanism, byte[] parameter, byte[] data) {
    return client.call(
        Method.ENCRYPT,
        request -> request.number(key).number(mechanism).parameter(parameter).bytes(data),
        MessageReader::bytes);
  }

  @Override
  public byte[] decrypt(long key, long mechanism, byte[] parameter, byte[] data) {
    return client.call(
        Method.DECRYPT,
        request -> request.number(key).number(mechanism).parameter(parameter).bytes(data),
        MessageReader::bytes);
  }

  @Override
  public byte[] wrap(long wrappingKey, long mechanism, byte[] parameter, long key) {
    return client.call(
        Method.WRAP,
        request -> request.number(wrappingKey).number(mechanism).parameter(parameter).number(key),
        MessageReader::bytes);
  }

  @Override
  public long unwrap(
      long unwrappingKey, long mechanism, byte[] parameter, byte[] wrapped, Map<String, Object> template) {
    return client.call(
        Method.UNWRAP,
        request ->
            request.number(unwrappingKey).number(mechanism).parameter(parameter).bytes(wrapped).template(template),
        MessageReader::number);
  }

  @Override
  public long derive(long baseKey, long mechanism, byte[] parameter, Map<String, Object> template) {
    return client.call(
        Method.DERIVE,
        request -> request.number(baseKey).number(mechanism).parameter(parameter).template(template),
        MessageReader::number);
  }
}
