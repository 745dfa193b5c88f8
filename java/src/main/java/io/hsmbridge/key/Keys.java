package io.hsmbridge.key;

import com.amazonaws.cloudhsm.jce.jni.exception.InternalException;
import io.hsmbridge.connection.Connection;
import io.hsmbridge.engine.Attributes;
import io.hsmbridge.engine.HsmException;
import io.hsmbridge.engine.Values;
import java.util.Map;

/** Makes the Java object for a key in the HSM. */
public final class Keys {

  private Keys() {}

  /**
   * Asks the engine what a handle names and wraps it.
   *
   * @param connection the session
   * @param handle the key
   * @return an object that implements the JCA interface of its kind
   * @throws HsmException if the engine refuses
   */
  public static HsmKey of(Connection connection, long handle) {
    return of(connection, handle, connection.engine().attributes(handle));
  }

  /**
   * Asks the engine what a handle names and wraps it under another algorithm's name.
   *
   * @param connection the session
   * @param handle a secret key
   * @param algorithm what {@code getAlgorithm} returns, such as {@code HmacSHA1}
   * @return the key
   * @throws HsmException if the engine refuses
   */
  public static HsmSecretKey ofSecret(Connection connection, long handle, String algorithm) {
    return new HsmSecretKey(algorithm, connection, handle, connection.engine().attributes(handle));
  }

  /**
   * Wraps a key whose attributes were read already.
   *
   * @param connection the session
   * @param handle the key
   * @param attributes all its readable attributes
   * @return an object that implements the JCA interface of its kind
   */
  public static HsmKey of(Connection connection, long handle, Map<String, Object> attributes) {
    long kind = Values.number(attributes, Attributes.CLASS);
    long type = Values.number(attributes, Attributes.KEY_TYPE);
    if (kind == Attributes.CLASS_SECRET_KEY) {
      return new HsmSecretKey(secretAlgorithm(type), connection, handle, attributes);
    }
    boolean isPrivate = kind == Attributes.CLASS_PRIVATE_KEY;
    if (type == Attributes.TYPE_RSA) {
      return isPrivate
          ? new HsmRsaPrivateKey(connection, handle, attributes)
          : new HsmRsaPublicKey(connection, handle, attributes);
    }
    if (type == Attributes.TYPE_EC) {
      return isPrivate
          ? new HsmEcPrivateKey(connection, handle, attributes)
          : new HsmEcPublicKey(connection, handle, attributes);
    }
    if (type == Attributes.TYPE_EC_EDWARDS) {
      return isPrivate
          ? new HsmEdwardsPrivateKey(connection, handle, attributes)
          : new HsmEdwardsPublicKey(connection, handle, attributes);
    }
    if (type == Attributes.TYPE_ML_DSA) {
      return isPrivate
          ? new HsmMldsaPrivateKey(connection, handle, attributes)
          : new HsmMldsaPublicKey(connection, handle, attributes);
    }
    throw unknown(type);
  }

  private static String secretAlgorithm(long type) {
    if (type == Attributes.TYPE_AES) {
      return "AES";
    }
    if (type == Attributes.TYPE_DES3) {
      return "DESede";
    }
    if (type == Attributes.TYPE_GENERIC_SECRET) {
      return "GenericSecret";
    }
    throw unknown(type);
  }

  private static InternalException unknown(long type) {
    return new InternalException(String.format("The provider does not know the key type 0x%x.", type), null);
  }
}
