import com.amazonaws.cloudhsm.jce.jni.AuthenticationStrategy;
import com.amazonaws.cloudhsm.jce.jni.UserType;
import com.amazonaws.cloudhsm.jce.jni.exception.AccountAlreadyLoggedInException;
import com.amazonaws.cloudhsm.jce.jni.exception.AccountLockedException;
import com.amazonaws.cloudhsm.jce.jni.exception.AddAttributeException;
import com.amazonaws.cloudhsm.jce.jni.exception.AttributeException;
import com.amazonaws.cloudhsm.jce.jni.exception.AuthenticationException;
import com.amazonaws.cloudhsm.jce.jni.exception.AuthenticationExceptionCause;
import com.amazonaws.cloudhsm.jce.jni.exception.FailedLoginException;
import com.amazonaws.cloudhsm.jce.jni.exception.InternalException;
import com.amazonaws.cloudhsm.jce.jni.exception.KeyUsageException;
import com.amazonaws.cloudhsm.jce.jni.exception.ProviderException;
import com.amazonaws.cloudhsm.jce.jni.exception.ProviderInitializationException;
import com.amazonaws.cloudhsm.jce.provider.AesCmacKdfFixedInputData;
import com.amazonaws.cloudhsm.jce.provider.AesCmacKdfParameterSpec;
import com.amazonaws.cloudhsm.jce.provider.CloudHsmCluster;
import com.amazonaws.cloudhsm.jce.provider.CloudHsmLoggingConfig;
import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import com.amazonaws.cloudhsm.jce.provider.CloudHsmProviderConfig;
import com.amazonaws.cloudhsm.jce.provider.CloudHsmServer;
import com.amazonaws.cloudhsm.jce.provider.KeyStoreWithAttributes;
import com.amazonaws.cloudhsm.jce.provider.OptionalParameters;
import com.amazonaws.cloudhsm.jce.provider.attributes.EcParams;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttribute;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMapBuilder;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyPairAttributesMap;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyPairAttributesMapBuilder;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyReferenceSpec;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyType;
import com.amazonaws.cloudhsm.jce.provider.attributes.ObjectClassType;
import com.amazonaws.cloudhsm.jce.provider.authentication.AuthenticationStrategyCallback;
import com.amazonaws.cloudhsm.jce.provider.spec.EcdhWithX963KdfParamSpec;
import java.io.IOException;
import java.math.BigInteger;
import java.security.AuthProvider;
import java.security.InvalidAlgorithmParameterException;
import java.security.Key;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStoreException;
import java.security.NoSuchAlgorithmException;
import java.security.NoSuchProviderException;
import java.security.Security;
import java.security.UnrecoverableKeyException;
import java.security.cert.CertificateException;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.KeySpec;
import java.util.List;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import javax.security.auth.DestroyFailedException;
import javax.security.auth.Destroyable;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.CallbackHandler;
import javax.security.auth.callback.PasswordCallback;
import javax.security.auth.callback.UnsupportedCallbackException;
import javax.security.auth.login.LoginException;

/** Uses the whole public API as programs do, with the narrowest exceptions; prints what it sees. */
public final class Caller {

  private final String user;
  private final String password;
  private final String host;
  private final int port;
  private final String authority;

  private Caller(String[] arguments) {
    user = arguments[0];
    password = arguments[1];
    host = arguments[2];
    port = Integer.parseInt(arguments[3]);
    authority = arguments[4];
  }

  public static void main(String[] arguments) throws Exception {
    Caller caller = new Caller(arguments);
    CloudHsmProvider provider = caller.register();
    caller.unauthenticated();
    caller.logIn(provider, caller.pin());
    provider.logout();
    caller.logIn(provider, caller.strategy());
    caller.rsa();
    caller.ec();
    caller.secret();
    System.out.println(kinds());
    provider.logout();
  }

  private CloudHsmProvider register() {
    try {
      CloudHsmServer server = CloudHsmServer.builder().withHostIP(host).withPort(port).build();
      CloudHsmCluster cluster =
          CloudHsmCluster.builder()
              .withClusterUniqueIdentifier("caller")
              .withHsmCAFilePath(authority)
              .withOptions(OptionalParameters.VALIDATE_KEY_AT_INIT, false)
              .withOptions(OptionalParameters.KEY_AVAILABILITY_CHECK, Boolean.TRUE)
              .withServer(server)
              .withServer(server)
              .build();
      CloudHsmLoggingConfig logging = CloudHsmLoggingConfig.builder().withLogType("term").withLogLevel("debug").build();
      CloudHsmProvider provider =
          new CloudHsmProvider(
              CloudHsmProviderConfig.builder().withCluster(cluster).withCloudHsmLogging(logging).build());
      Security.addProvider(provider);
      return provider;
    } catch (IOException | ProviderInitializationException | LoginException e) {
      throw new IllegalStateException(e);
    }
  }

  private void unauthenticated() throws NoSuchAlgorithmException, NoSuchProviderException {
    try {
      KeyGenerator.getInstance("AES", "caller").generateKey();
    } catch (AuthenticationException e) {
      AuthenticationExceptionCause cause = e.getCloudHsmExceptionCause();
      System.out.println(cause == AuthenticationExceptionCause.UNAUTHENTICATED);
    }
  }

  private void logIn(AuthProvider provider, CallbackHandler handler) throws LoginException {
    try {
      provider.login(null, handler);
      provider.login(null, handler);
    } catch (AccountAlreadyLoggedInException e) {
      System.out.println("logged in already");
    } catch (AccountLockedException | FailedLoginException e) {
      System.out.println(e);
    } catch (LoginException e) {
      throw e;
    }
  }

  private CallbackHandler pin() {
    return new CallbackHandler() {
      @Override
      public void handle(Callback[] callbacks) throws IOException, UnsupportedCallbackException {
        for (Callback callback : callbacks) {
          if (callback instanceof PasswordCallback) {
            ((PasswordCallback) callback).setPassword((user + ":" + password).toCharArray());
          }
        }
      }
    };
  }

  private CallbackHandler strategy() {
    return callbacks -> {
      for (Callback callback : callbacks) {
        if (callback instanceof AuthenticationStrategyCallback) {
          try {
            ((AuthenticationStrategyCallback) callback)
                .setAuthenticationStrategy(
                    AuthenticationStrategy.createUsernamePasswordStrategy(
                        UserType.CRYPTO_USER, user, password.toCharArray()));
          } catch (Exception e) {
            throw new IOException(e);
          }
        }
      }
    };
  }

  private void rsa()
      throws InvalidAlgorithmParameterException, NoSuchAlgorithmException, NoSuchProviderException,
          AddAttributeException, DestroyFailedException {
    KeyAttributesMap common = new KeyAttributesMap();
    common.put(KeyAttribute.TOKEN, false);
    KeyAttributesMap publicMap =
        new KeyAttributesMapBuilder()
            .putAll(common)
            .put(KeyAttribute.LABEL, "rsa:Public")
            .put(KeyAttribute.MODULUS_BITS, 2048)
            .put(KeyAttribute.PUBLIC_EXPONENT, new BigInteger("65537").toByteArray())
            .build();
    KeyAttributesMap privateMap = new KeyAttributesMapBuilder().put(KeyAttribute.LABEL, "rsa:Private").build();
    KeyPairAttributesMap both = new KeyPairAttributesMapBuilder().withPublic(publicMap).withPrivate(privateMap).build();
    KeyPairAttributesMap copy = new KeyPairAttributesMap();
    copy.putAll(both);
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA", "caller");
    generator.initialize(copy);
    KeyPair pair = generator.generateKeyPair();
    RSAPrivateCrtKey privateKey = (RSAPrivateCrtKey) pair.getPrivate();
    RSAPublicKey publicKey = (RSAPublicKey) pair.getPublic();
    System.out.println(privateKey.getModulus().equals(publicKey.getModulus()) + " " + publicKey.getPublicExponent());
    ((Destroyable) privateKey).destroy();
    ((Destroyable) publicKey).destroy();
  }

  private void ec() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", "caller");
    generator.initialize(
        new KeyPairAttributesMapBuilder()
            .withPublic(KeyAttribute.EC_PARAMS, EcParams.EC_CURVE_PRIME256)
            .withPrivate(KeyAttribute.DERIVE, true)
            .build(),
        null);
    KeyPair pair = generator.generateKeyPair();
    ECPrivateKey privateKey = (ECPrivateKey) pair.getPrivate();
    ECPublicKey publicKey = (ECPublicKey) pair.getPublic();
    System.out.println(privateKey.getS() + " " + publicKey.getW().equals(publicKey.getW()));
    AlgorithmParameterSpec spec = new EcdhWithX963KdfParamSpec(new byte[] {1}, new KeyAttributesMap());
    System.out.println(spec instanceof EcdhWithX963KdfParamSpec);
  }

  private void secret()
      throws InvalidAlgorithmParameterException, NoSuchAlgorithmException, NoSuchProviderException,
          AddAttributeException, KeyStoreException, IOException, CertificateException {
    KeyAttributesMap map = new KeyAttributesMap();
    map.put(KeyAttribute.LABEL, "my key");
    map.put(KeyAttribute.SIZE, 256);
    map.put(KeyAttribute.DERIVE, true);
    KeyGenerator generator = KeyGenerator.getInstance("AES", "caller");
    generator.init(map);
    generator.init(map, null);
    SecretKey key = generator.generateKey();
    KeySpec kdf = new AesCmacKdfParameterSpec(map, new AesCmacKdfFixedInputData(8, null, new byte[] {1}), key);
    System.out.println(kdf instanceof AesCmacKdfParameterSpec);
    KeyStoreWithAttributes store = KeyStoreWithAttributes.getInstance("CloudHSM", Security.getProvider("caller"));
    store.load(null, null);
    KeyAttributesMap search = new KeyAttributesMap();
    search.put(KeyAttribute.KEY_TYPE, KeyType.AES);
    search.put(KeyAttribute.OBJECT_CLASS, ObjectClassType.SECRET_KEY);
    try {
      Key found = store.getKey(search);
      List<Key> all = store.getKeys(search);
      System.out.println(found.equals(key) + " " + all.size() + " " + store.getKey(KeyReferenceSpec.getInstance(1L)));
    } catch (InvalidKeySpecException | UnrecoverableKeyException e) {
      throw new IllegalStateException(e);
    } catch (InternalException | ProviderException | AttributeException | KeyUsageException e) {
      System.out.println(e);
    }
  }

  private static String kinds() {
    StringBuilder names = new StringBuilder();
    for (KeyType type : KeyType.values()) {
      switch (type) {
        case AES:
        case DESEDE:
        case EC:
        case GENERIC_SECRET:
        case RSA:
        case MLDSA:
          names.append(type).append(' ');
          break;
        default:
          break;
      }
    }
    return names.toString().trim();
  }
}
