package lethe.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A chat template, as transformers runs it: blocks are trimmed, {@code raise_exception}, {@code
 * namespace}, {@code range} and {@code dict} can be called, {@code break}, {@code continue} and
 * {@code generation} are tags. There is no clock: {@code strftime_now} is undefined, so that a
 * prompt does not depend on the day; templates that ask whether it is defined have a date of their
 * own then.
 */
public final class JinjaTemplate {
  /** Most numbers of a range, as Jinja's sandbox has it. */
  private static final long MOST_RANGE = 100_000;

  private final Statement template;

  /**
   * @throws JinjaException naming the line that cannot be read
   */
  public JinjaTemplate(String source) {
    this.template = Parser.template(source);
  }

  /**
   * What the template makes of some values.
   *
   * @param values by name: strings, numbers, booleans, lists and maps of these
   * @throws JinjaException naming the line that fails, with the template's own words where it
   *     refuses what it is given
   */
  public String render(Map<String, ?> values) {
    Scope globals = new Scope(null);
    globals.set("raise_exception", (Callable) JinjaTemplate::raise);
    globals.set("namespace", (Callable) JinjaTemplate::namespace);
    globals.set("dict", (Callable) (a, named) -> new LinkedHashMap<Object, Object>(named));
    globals.set("range", (Callable) JinjaTemplate::range);
    values.forEach(globals::set);
    StringBuilder text = new StringBuilder();
    try {
      template.run(new Scope(globals), text);
    } catch (ClassCastException | IndexOutOfBoundsException | NumberFormatException e) {
      throw new JinjaException("a value is not of the kind that is needed: " + e.getMessage());
    } catch (StackOverflowError e) {
      throw new JinjaException("it calls itself without end");
    }
    return text.toString();
  }

  private static Object raise(List<Object> arguments, Map<String, Object> named) {
    throw new JinjaException("it refuses: " + Values.text(arguments.get(0)));
  }

  private static Object namespace(List<Object> arguments, Map<String, Object> named) {
    Parser.Namespace namespace = new Parser.Namespace();
    arguments.forEach(map -> ((Map<?, ?>) map).forEach((k, v) -> namespace.put(Values.text(k), v)));
    namespace.putAll(named);
    return namespace;
  }

  private static Object range(List<Object> arguments, Map<String, Object> named) {
    long from = arguments.size() > 1 ? (Long) arguments.get(0) : 0;
    long to = (Long) arguments.get(arguments.size() > 1 ? 1 : 0);
    long step = arguments.size() > 2 ? (Long) arguments.get(2) : 1;
    List<Object> numbers = new ArrayList<>();
    for (long i = from; step > 0 ? i < to : i > to; i += step) {
      if (numbers.size() == MOST_RANGE || step == 0) {
        throw new JinjaException("a range has more than " + MOST_RANGE + " numbers");
      }
      numbers.add(i);
    }
    return numbers;
  }
}
