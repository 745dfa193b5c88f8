package io.hsmbridge.hosted;

import io.hsmbridge.engine.Engine;
import io.hsmbridge.quorum.Approval;
import java.nio.ByteBuffer;
import java.util.Map;

/** The engine of the process that started this JVM: what is called often goes through channels. */
final class HostedEngine implements Engine {

  private final HostedSession session;
  private final long number;
  private final Channels channels;

  HostedEngine(HostedSession session, Channels channels) {
    this.session = session;
    this.number = session.number();
    this.channels = channels;
  }

  @Override
  public byte[] sign(long key, long mechanism, byte[] parameter, byte[] data) {
    return call(Operation.SIGN, key, mechanism, parameter, data, null);
  }

  @Override
  public void verify(long key, long mechanism, byte[] parameter, byte[] data, byte[] signature) {
    call(Operation.VERIFY, key, mechanism, parameter, data, signature);
  }

  @Override
  public byte[] encrypt(long key, long mechanism, byte[] parameter, byte[] data) {
    return call(Operation.ENCRYPT, key, mechanism, parameter, data, null);
  }

  @Override
  public void encrypt(long key, long mechanism, byte[] parameter, ByteBuffer data, ByteBuffer result) {
    channels.call(Operation.ENCRYPT, number, key, mechanism, parameter, data, null, length -> result);
  }

  @Override
  public byte[] decrypt(long key, long mechanism, byte[] parameter, byte[] data) {
    return call(Operation.DECRYPT, key, mechanism, parameter, data, null);
  }

  @Override
  public void decrypt(long key, long mechanism, byte[] parameter, ByteBuffer data, ByteBuffer result) {
    channels.call(Operation.DECRYPT, number, key, mechanism, parameter, data, null, length -> result);
  }

  private byte[] call(Operation operation, long key, long mechanism, byte[] parameter, byte[] data, byte[] signature) {
    ByteBuffer[] result = new ByteBuffer[1];
    channels.call(
        operation,
        number,
        key,
        mechanism,
        parameter,
        ByteBuffer.wrap(data),
        signature,
        length -> result[0] = ByteBuffer.allocate(length));
    return result[0].array();
  }

  @Override
  public Map<String, Object> info() {
    return session.info();
  }

  @Override
  public void login(String user, byte[] password) {
    session.login(user, password);
  }

  @Override
  public void logout() {
    session.logout();
  }

  @Override
  public void close() {
    session.close();
  }

  @Override
  public long generateKey(long mechanism, Map<String, Object> template) {
    return session.generateKey(mechanism, template);
  }

  @Override
  public long[] generateKeyPair(long mechanism, Map<String, Object> publicTemplate, Map<String, Object> privateTemplate) {
    return session.generateKeyPair(mechanism, publicTemplate, privateTemplate);
  }

  @Override
  public void checkGeneration(long mechanism, Map<String, Object> template) {
    session.checkGeneration(mechanism, template);
  }

  @Override
  public long importKey(Map<String, Object> template) {
    return session.importKey(template);
  }

  @Override
  public long importForUse(Map<String, Object> template) {
    return session.importForUse(template);
  }

  @Override
  public long[] find(Map<String, Object> template) {
    return session.find(template);
  }

  @Override
  public Map<String, Object> attributes(long key) {
    return session.attributes(key);
  }

  @Override
  public void setAttributes(long key, Map<String, Object> template) {
    session.setAttributes(key, template);
  }

  @Override
  public void destroy(long key) {
    session.destroy(key);
  }

  @Override
  public byte[] export(long key) {
    return session.export(key);
  }

  @Override
  public byte[] random(int count) {
    return session.random(count);
  }

  @Override
  public byte[] generateToken(String service, long key) {
    return session.generateToken(service, key);
  }

  @Override
  public Map<String, Object> tokenInfo(String service, long key) {
    return session.tokenInfo(service, key);
  }

  @Override
  public byte[] signApproved(long key, long mechanism, byte[] parameter, byte[] data, Approval approval) {
    return session.signApproved(key, mechanism, parameter, data, approval);
  }

  @Override
  public byte[] wrap(long wrappingKey, long mechanism, byte[] parameter, long key) {
    return session.wrap(wrappingKey, mechanism, parameter, key);
  }

  @Override
  public long unwrap(long unwrappingKey, long mechanism, byte[] parameter, byte[] wrapped, Map<String, Object> template) {
    return session.unwrap(unwrappingKey, mechanism, parameter, wrapped, template);
  }

  @Override
  public long derive(long baseKey, long mechanism, byte[] parameter, Map<String, Object> template) {
    return session.derive(baseKey, mechanism, parameter, template);
  }
}
