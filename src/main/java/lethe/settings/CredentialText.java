package lethe.settings;

import java.util.regex.Pattern;

/**
 * Credentials within a text: name and password before the host of an address, the query behind it
 * (such as the signature of a shared link), a JDBC address, and values behind names such as {@code
 * password=}.
 */
final class CredentialText {
  /** Everything behind the database's kind: drivers have spellings of their own. */
  private static final Pattern JDBC = Pattern.compile("(?i)(jdbc:[a-z0-9]+:)[^\\s\"']+");

  /**
   * A password may have slashes; what is between a host's port and an at sign in a path is none.
   */
  private static final Pattern USER_AND_PASSWORD =
      Pattern.compile("://[^/@\\s:\"']+:(?!\\d{1,5}/)[^@\\s\"']*@");

  /** On Azure's file systems what is before the at sign is a container. */
  private static final Pattern USER =
      Pattern.compile("(?i)\\b(?!abfss?:|wasbs?:)([a-z][a-z0-9+.-]*://)[^/@\\s:\"']+@");

  /** A question mark without an equals sign behind it is a pattern of names of files. */
  private static final Pattern QUERY = Pattern.compile("(://[^\\s?\"']*)\\?[^\\s\"'=]*=[^\\s\"']*");

  private static final Pattern NAMED =
      Pattern.compile(
          "(?i)((?:secret|passw(?:or)?d|passphrase|pwd|signature|\\bsig"
              + "|(?:access|auth|api|session|security|sas)[._-]?token"
              + "|(?:api|access|account|secret|encryption)[._-]?key)\\s*=\\s*)[^\\s;&,\"']+");

  private CredentialText() {}

  /** The text with {@code (hidden)} in the place of credentials. */
  static String masked(String text) {
    return replaced(text, Secrets.HIDDEN, true);
  }

  /** The text with as little as possible left out, for a digest of what is not secret in it. */
  static String without(String text) {
    return replaced(text, "", false);
  }

  private static String replaced(String text, String by, boolean jdbc) {
    String masked = jdbc ? JDBC.matcher(text).replaceAll("$1" + by) : text;
    masked = USER_AND_PASSWORD.matcher(masked).replaceAll("://" + by + "@");
    masked = USER.matcher(masked).replaceAll("$1" + by + "@");
    masked = QUERY.matcher(masked).replaceAll("$1?" + by);
    return NAMED.matcher(masked).replaceAll("$1" + by);
  }
}
