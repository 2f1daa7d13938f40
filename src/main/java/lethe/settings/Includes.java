package lethe.settings;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigIncludeContext;
import com.typesafe.config.ConfigIncluder;
import com.typesafe.config.ConfigIncluderClasspath;
import com.typesafe.config.ConfigIncluderFile;
import com.typesafe.config.ConfigIncluderURL;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigParseable;
import java.io.File;
import java.net.URL;

/**
 * How run files include others: a missing file is an error, which HOCON would ignore, and nothing
 * is fetched from a network.
 *
 * @param usual HOCON's own way to find a file by its name
 */
record Includes(ConfigIncluder usual)
    implements ConfigIncluder, ConfigIncluderFile, ConfigIncluderURL, ConfigIncluderClasspath {

  @Override
  public ConfigIncluder withFallback(ConfigIncluder fallback) {
    return usual == null ? new Includes(fallback) : this;
  }

  @Override
  public ConfigObject include(ConfigIncludeContext context, String what) {
    if (what.matches("[A-Za-z][A-Za-z0-9+.-]+:.*")) {
      throw refused(what);
    }
    return usual.include(new Required(context), what);
  }

  @Override
  public ConfigObject includeFile(ConfigIncludeContext context, File what) {
    return ConfigFactory.parseFile(what, context.parseOptions().setAllowMissing(false)).root();
  }

  @Override
  public ConfigObject includeResources(ConfigIncludeContext context, String what) {
    return ConfigFactory.parseResources(
            Includes.class.getClassLoader(), what, context.parseOptions().setAllowMissing(false))
        .root();
  }

  @Override
  public ConfigObject includeURL(ConfigIncludeContext context, URL what) {
    throw refused(what.toString());
  }

  private static ConfigException refused(String what) {
    return new ConfigException.Generic(
        "include of " + what + " is refused: only files are included; fetch it to one first");
  }

  /** A context in which what is not there is an error. */
  private record Required(ConfigIncludeContext context) implements ConfigIncludeContext {
    @Override
    public ConfigParseable relativeTo(String name) {
      return context.relativeTo(name);
    }

    @Override
    public ConfigParseOptions parseOptions() {
      return context.parseOptions().setAllowMissing(false);
    }

    @Override
    public ConfigIncludeContext setParseOptions(ConfigParseOptions options) {
      return new Required(context.setParseOptions(options));
    }
  }
}
