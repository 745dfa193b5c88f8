package io.hsmbridge.json;

import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A value of a JSON file that knows where it stands.
 *
 * @param source the file
 * @param line the line on which the value begins, from 1
 * @param value a {@code Map<String, JsonNode>}, a {@code List<JsonNode>}, a {@code String}, a {@code Long}, a {@code
 *     Double}, a {@code Boolean}, or null
 */
public record JsonNode(Path source, int line, Object value) {

  /**
   * Describes what is wrong with this value.
   *
   * @param what a sentence
   * @return the exception to throw
   */
  public IOException wrong(String what) {
    return new IOException(source + ", line " + line + ": " + what);
  }

  /**
   * Returns the members of an object.
   *
   * @param name what this value is called in a message
   * @return the members, in the order of the file
   * @throws IOException if this is no object
   */
  public Map<String, JsonNode> members(String name) throws IOException {
    if (!(value instanceof Map)) {
      throw wrong(name + " must be an object, { … }.");
    }
    @SuppressWarnings("unchecked")
    Map<String, JsonNode> members = (Map<String, JsonNode>) value;
    return members;
  }

  /**
   * Returns a member.
   *
   * @param name of the member
   * @return the member; null if there is none, or it is null
   * @throws IOException if this is no object
   */
  public JsonNode member(String name) throws IOException {
    JsonNode found = members("the value").get(name);
    return found == null || found.value == null ? null : found;
  }

  /**
   * Returns the elements of a list.
   *
   * @param name of the member that is a list
   * @return the elements; none if there is no such member
   * @throws IOException if it is no list
   */
  public List<JsonNode> elements(String name) throws IOException {
    JsonNode found = member(name);
    if (found == null) {
      return List.of();
    }
    if (!(found.value instanceof List)) {
      throw found.wrong("\"" + name + "\" must be a list, [ … ].");
    }
    @SuppressWarnings("unchecked")
    List<JsonNode> elements = (List<JsonNode>) found.value;
    return elements;
  }

  /**
   * Returns a text.
   *
   * @param name of the member
   * @return the text; null if there is no such member
   * @throws IOException if it is no text
   */
  public String text(String name) throws IOException {
    return typed(name, String.class, "a text");
  }

  /**
   * Returns a flag.
   *
   * @param name of the member
   * @return true or false; null if there is no such member
   * @throws IOException if it is neither
   */
  public Boolean flag(String name) throws IOException {
    return typed(name, Boolean.class, "true or false");
  }

  /**
   * Returns a whole number.
   *
   * @param name of the member
   * @return the number; null if there is no such member
   * @throws IOException if it is none
   */
  public Long number(String name) throws IOException {
    return typed(name, Long.class, "a whole number");
  }

  /**
   * Returns a path; a relative one is taken from the folder of this file.
   *
   * @param name of the member
   * @return the path; null if there is no such member
   * @throws IOException if it is none
   */
  public Path path(String name) throws IOException {
    String text = text(name);
    if (text == null) {
      return null;
    }
    if (text.isBlank()) {
      throw member(name).wrong("\"" + name + "\" is empty; give a path, or leave the key out.");
    }
    try {
      return source.toAbsolutePath().resolveSibling(text);
    } catch (InvalidPathException e) {
      throw member(name).wrong("\"" + name + "\" is no path.");
    }
  }

  /**
   * Returns one of several texts.
   *
   * @param name of the member
   * @param allowed the texts
   * @return the text; null if there is no such member
   * @throws IOException if it is another
   */
  public String choice(String name, List<String> allowed) throws IOException {
    String text = text(name);
    if (text != null && !allowed.contains(text)) {
      throw member(name).wrong(
          "\"" + name + "\" must be one of " + String.join(", ", allowed) + ", not \"" + text + "\".");
    }
    return text;
  }

  private <T> T typed(String name, Class<T> type, String what) throws IOException {
    JsonNode found = member(name);
    if (found == null) {
      return null;
    }
    if (!type.isInstance(found.value)) {
      throw found.wrong("\"" + name + "\" must be " + what + ".");
    }
    return type.cast(found.value);
  }
}
