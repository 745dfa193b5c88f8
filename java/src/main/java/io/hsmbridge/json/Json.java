package io.hsmbridge.json;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads JSON (RFC 8259), strictly, and remembers lines; the JDK has no reader of its own. */
public final class Json {

  private static final int DEEPEST = 32;

  private final Path source;
  private final String text;
  private int at;
  private int line = 1;

  private Json(Path source, String text) {
    this.source = source;
    this.text = text;
  }

  /**
   * Reads one value, and nothing behind it.
   *
   * @param source where the text is from, for messages
   * @param text the text
   * @return the value
   * @throws IOException if the text is not JSON; the message says where, and why
   */
  public static JsonNode parse(Path source, String text) throws IOException {
    Json json = new Json(source, text);
    JsonNode value = json.value(0);
    json.skipBlanks();
    if (json.at < text.length()) {
      throw json.wrong("there is more behind the end of the value");
    }
    return value;
  }

  private JsonNode value(int depth) throws IOException {
    if (depth > DEEPEST) {
      throw wrong("more than " + DEEPEST + " objects and lists stand in one another");
    }
    skipBlanks();
    int begin = line;
    Object value =
        switch (peek()) {
          case '{' -> object(depth);
          case '[' -> list(depth);
          case '"' -> string();
          case 't' -> word("true", Boolean.TRUE);
          case 'f' -> word("false", Boolean.FALSE);
          case 'n' -> word("null", null);
          default -> number();
        };
    return new JsonNode(source, begin, value);
  }

  private Map<String, JsonNode> object(int depth) throws IOException {
    Map<String, JsonNode> members = new LinkedHashMap<>();
    at++;
    skipBlanks();
    if (take('}')) {
      return members;
    }
    do {
      skipBlanks();
      if (peek() != '"') {
        throw wrong("a name in double quotes is missing");
      }
      String name = string();
      skipBlanks();
      expect(':');
      if (members.putIfAbsent(name, value(depth + 1)) != null) {
        throw wrong("\"" + name + "\" stands twice in one object");
      }
      skipBlanks();
    } while (take(','));
    expect('}');
    return members;
  }

  private List<JsonNode> list(int depth) throws IOException {
    List<JsonNode> elements = new ArrayList<>();
    at++;
    skipBlanks();
    if (take(']')) {
      return elements;
    }
    do {
      elements.add(value(depth + 1));
      skipBlanks();
    } while (take(','));
    expect(']');
    return elements;
  }

  private String string() throws IOException {
    StringBuilder result = new StringBuilder();
    at++;
    while (true) {
      char next = peek();
      if (next < ' ') {
        throw wrong("a text has no closing quote on its line");
      }
      at++;
      if (next == '"') {
        return result.toString();
      }
      result.append(next == '\\' ? escaped() : next);
    }
  }

  private char escaped() throws IOException {
    char next = peek();
    at++;
    return switch (next) {
      case '"', '\\', '/' -> next;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> unicode();
      default -> throw wrong("\\" + next + " is no escape of JSON; write a backslash as \\\\");
    };
  }

  private char unicode() throws IOException {
    int code = 0;
    for (int i = 0; i < 4; i++) {
      char next = peek();
      // Character.digit takes digits of all scripts, JSON those of ASCII only.
      int digit = next < 0x80 ? Character.digit(next, 16) : -1;
      if (digit < 0) {
        throw wrong("\\u needs four hexadecimal digits");
      }
      code = code << 4 | digit;
      at++;
    }
    return (char) code;
  }

  private Object number() throws IOException {
    int begin = at;
    while (at < text.length() && "+-.0123456789eE".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
    String number = text.substring(begin, at);
    if (!number.matches("-?(0|[1-9][0-9]{0,99})(\\.[0-9]{1,99})?([eE][+-]?[0-9]{1,3})?")) {
      throw wrong("here must be an object, a list, a text in double quotes, a number, true, false or null");
    }
    try {
      return Long.valueOf(number);
    } catch (NumberFormatException e) {
      return Double.valueOf(number);
    }
  }

  private Object word(String word, Object meaning) throws IOException {
    if (!text.startsWith(word, at)) {
      throw wrong("a text needs double quotes");
    }
    at += word.length();
    return meaning;
  }

  private void skipBlanks() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
      if (text.charAt(at) == '\n') {
        line++;
      }
      at++;
    }
  }

  private char peek() throws IOException {
    if (at == text.length()) {
      throw wrong("the file ends in the middle of a value");
    }
    return text.charAt(at);
  }

  private boolean take(char expected) {
    if (at < text.length() && text.charAt(at) == expected) {
      at++;
      return true;
    }
    return false;
  }

  private void expect(char expected) throws IOException {
    if (!take(expected)) {
      throw wrong(
          "'" + expected + "' is missing" + (expected == ':' ? "" : ", or a comma between two values")
              + (at == text.length() ? "; the file ends here" : ""));
    }
  }

  private IOException wrong(String what) {
    return new JsonNode(source, line, null).wrong("this is not JSON: " + what + ".");
  }
}
