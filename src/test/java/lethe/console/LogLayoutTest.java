package lethe.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.Layout;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.config.Configuration;
import org.apache.logging.log4j.core.config.ConfigurationFactory;
import org.apache.logging.log4j.core.impl.Log4jLogEvent;
import org.apache.logging.log4j.message.SimpleMessage;
import org.junit.jupiter.api.Test;

/** The lines of conf/log4j2.properties, by which Spark's own messages reach a terminal. */
class LogLayoutTest {
  @Test
  void aMessageOfSparkMovesNoCursorAndShowsNoPassword() {
    Configuration configuration =
        ConfigurationFactory.getInstance()
            .getConfiguration(
                new LoggerContext("lines"), "lines", Path.of("conf/log4j2.properties").toUri());
    configuration.initialize();
    Layout<?> layout = configuration.getAppender("console").getLayout();

    String line =
        layout
            .toSerializable(
                Log4jLogEvent.newBuilder()
                    .setLoggerName("a.Spark")
                    .setLevel(Level.WARN)
                    .setMessage(new SimpleMessage("lost s3a://k:marker1@b/\u001b[31m\u202e"))
                    .setThrown(new IllegalStateException("s3a://k:marker2@b\rover"))
                    .build())
            .toString();

    assertThat(line)
        .containsOnlyOnce("IllegalStateException: s3a://(hidden)@b?over")
        .contains("WARN Spark: lost s3a://(hidden)@b/?[31m?\n", "\tat lethe.console.LogLayoutTest")
        .doesNotContain("marker", "\r");
  }
}
