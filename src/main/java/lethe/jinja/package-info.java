/**
 * The part of Jinja in which chat templates are written, as transformers runs them: blocks trimmed,
 * no access to anything but the values that are handed in. {@link lethe.jinja.JinjaTemplate} is the
 * way in. It knows nothing of models. It is not a general Jinja: templates cannot include or extend
 * others, and what is missing is named when it is reached.
 *
 * <p>No library does this: the one for Java that is kept up has neither Python's methods of texts
 * nor transformers' tags, and brings a dozen others with it, some of which Spark has in older
 * versions.
 *
 * <p>Values are Java's: String, Long, Double, Boolean, List, Map, null for none, {@link
 * lethe.jinja.Undefined} for what is not there. To add a filter, a test or a method, give it a case
 * in {@link lethe.jinja.Filters}, {@link lethe.jinja.Checks} or {@link lethe.jinja.Methods}.
 */
package lethe.jinja;
