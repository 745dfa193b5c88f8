import com.amazonaws.cloudhsm.jce.provider.KeyStoreWithAttributes;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import java.lang.management.ManagementFactory;
import java.security.Security;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.ObjectName;

/** Counts what could leak. */
public final class Census {

  private static final Pattern ROW = Pattern.compile("\\s*\\d+:\\s+(\\d+)\\s+\\d+\\s+(io\\.hsmbridge\\.\\S+)(\\s.*)?");

  private Census() {}

  /** Returns how many keys the logged-in user sees. */
  public static int keys() throws Exception {
    KeyStoreWithAttributes store = KeyStoreWithAttributes.getInstance("CloudHSM", Security.getProvider("CloudHSM"));
    store.load(null, null);
    return store.getKeys(new KeyAttributesMap()).size();
  }

  /** Returns how many instances of each of the provider's classes are alive, one class in a line. */
  public static String instances() throws Exception {
    Object histogram =
        ManagementFactory.getPlatformMBeanServer()
            .invoke(
                new ObjectName("com.sun.management:type=DiagnosticCommand"), "gcClassHistogram",
                new Object[] {null}, new String[] {String[].class.getName()});
    Map<String, String> counts = new TreeMap<>();
    for (String line : histogram.toString().split("\n")) {
      Matcher row = ROW.matcher(line);
      if (row.matches()) {
        counts.put(row.group(2), row.group(1));
      }
    }
    StringBuilder lines = new StringBuilder();
    counts.forEach((name, count) -> lines.append(name).append(' ').append(count).append('\n'));
    return lines.toString();
  }
}
