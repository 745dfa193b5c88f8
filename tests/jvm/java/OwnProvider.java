import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.Provider;
import java.security.Security;

/** Makes a provider of its own, as programs do that nobody hosts. */
public class OwnProvider {
  public static void main(String[] args) throws Exception {
    Provider hosted = Security.getProvider("CloudHSM");
    switch (args[0]) {
      case "insert":
        System.out.println(Security.insertProviderAt(new CloudHsmProvider(), 1));
        System.out.println(KeyPairGenerator.getInstance("RSA").getProvider().getName());
        break;
      case "wrong-password":
        System.setProperty("HSM_USER", args[1]);
        System.setProperty("HSM_PASSWORD", "wrong-password");
        try {
          new CloudHsmProvider();
        } catch (Exception e) {
          System.out.println(e.getClass().getSimpleName());
        }
        KeyStore keys = KeyStore.getInstance("CloudHSM");
        keys.load(null, null);
        System.out.println(keys.size() + " " + (keys.getProvider() == hosted));
        break;
      default:
        System.out.println(Security.getProviders()[Security.getProviders().length - 1].getName());
    }
  }
}
