package io.hsmbridge.spi;

import io.hsmbridge.engine.Attributes;
import io.hsmbridge.engine.Engine;
import io.hsmbridge.engine.HsmException;
import io.hsmbridge.engine.ReturnCodes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The keys of the HSM by label, always as they are now; entries are private and secret keys. */
final class LabelledKeys {

  private static final long[] ENTRIES = {Attributes.CLASS_PRIVATE_KEY, Attributes.CLASS_SECRET_KEY};

  private final Engine engine;

  LabelledKeys(Engine engine) {
    this.engine = engine;
  }

  /**
   * Returns the private and secret keys with a label; none for the empty label, or for half a surrogate pair, which no
   * label has.
   */
  List<KeyEntry> find(String label) {
    return isLabel(label) ? entries(Map.of(Attributes.LABEL, label), ENTRIES) : List.of();
  }

  /** Returns the public keys with a label. */
  List<KeyEntry> findPublic(String label) {
    return isLabel(label) ? entries(Map.of(Attributes.LABEL, label), Attributes.CLASS_PUBLIC_KEY) : List.of();
  }

  private static boolean isLabel(String label) {
    return !label.isEmpty() && StandardCharsets.UTF_8.newEncoder().canEncode(label);
  }

  Set<String> labels() {
    Set<String> labels = new TreeSet<>();
    for (KeyEntry entry : entries(Map.of(), ENTRIES)) {
      labels.add(entry.label());
    }
    labels.remove("");
    return labels;
  }

  private List<KeyEntry> entries(Map<String, Object> condition, long... kinds) {
    List<KeyEntry> entries = new ArrayList<>();
    for (long kind : kinds) {
      Map<String, Object> template = new HashMap<>(condition);
      template.put(Attributes.CLASS, kind);
      for (long handle : engine.find(template)) {
        addUnlessGone(entries, handle);
      }
    }
    return entries;
  }

  /** Another process may destroy a key between the search and this. */
  private void addUnlessGone(List<KeyEntry> entries, long handle) {
    try {
      entries.add(new KeyEntry(handle, engine.attributes(handle)));
    } catch (HsmException e) {
      if (e.code() != ReturnCodes.OBJECT_HANDLE_INVALID) {
        throw e;
      }
    }
  }
}
