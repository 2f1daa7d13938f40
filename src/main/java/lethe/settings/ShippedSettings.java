package lethe.settings;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigSyntax;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import com.typesafe.config.ConfigValueType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Settings for a driver on another machine, which has neither the run file nor what it includes,
 * the command line or the environment that it refers to: everything resolved, as one text. It holds
 * every secret that the settings hold.
 *
 * @param config of the run
 * @param plain the same without the defaults that go with the method
 * @param notices for the user
 */
record ShippedSettings(Config config, Config plain, List<String> notices) {
  private static final String CONFIG = "settings";
  private static final String PLAIN = "without-method";
  private static final String NOTICES = "notices";

  /** HOCON with a line for each value, in the order in which they were written. */
  String text() {
    StringBuilder text = new StringBuilder();
    write(
        ConfigFactory.empty()
            .withValue(CONFIG, config.root())
            .withValue(PLAIN, plain.root())
            .withValue(NOTICES, ConfigValueFactory.fromIterable(notices))
            .root(),
        text);
    return text.append('\n').toString();
  }

  private static void write(ConfigValue value, StringBuilder to) {
    if (value instanceof ConfigObject object) {
      to.append("{\n");
      for (String name : Section.inOrder(object)) {
        to.append(ConfigUtil.quoteString(name)).append(": ");
        write(object.get(name), to);
        to.append('\n');
      }
      to.append('}');
    } else if (value instanceof ConfigList list) {
      to.append("[\n");
      for (ConfigValue element : list) {
        write(element, to);
        to.append('\n');
      }
      to.append(']');
    } else if (value.valueType() == ConfigValueType.NUMBER) {
      to.append(value.atKey(CONFIG).getString(CONFIG)); // as written; rendering may round it
    } else {
      to.append(value.render(ConfigRenderOptions.concise()));
    }
  }

  /**
   * @param file with a {@link #text}
   * @throws InvalidSettings when it is not there
   */
  static ShippedSettings read(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new InvalidSettings(
          "Cannot read the settings that submit.sh ships with --files: there is no file "
              + file.toAbsolutePath());
    }
    Config read =
        ConfigFactory.parseFile(
            file.toFile(), ConfigParseOptions.defaults().setSyntax(ConfigSyntax.CONF));
    return new ShippedSettings(
        read.getConfig(CONFIG), read.getConfig(PLAIN), List.copyOf(read.getStringList(NOTICES)));
  }
}
