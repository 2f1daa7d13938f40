package lethe.model.adapter;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import lethe.model.checkpoint.NamedShape;

/**
 * The text of a network's layers with adapters: each product with an adapted matrix becomes a call
 * of a method of its own, which adds s B (A x) to it.
 *
 * <pre>
 *   torch.linear(normed, w[1], None)   becomes   (self).adapted_1(normed, w, )
 *
 *   def adapted_1(self, x, w):
 *     y = torch.linear(x, w[1], None)
 *     u = torch.split_with_sizes(torch.linear(x, w[7]), [r, r, r], -1)
 *     return torch.add(y, torch.cat([torch.linear(u[0], w[8]), ...], -1), alpha=s)
 * </pre>
 *
 * <p>A of matrices that are stacked is stacked too, so one product serves them all. A stacked
 * matrix without an adapter is given zeros.
 */
final class AdapterScript {
  /**
   * How families write a product of activations with a layer's matrix, up to the first argument.
   */
  private static final List<String> PRODUCTS = List.of("torch.linear(", "(self).product(");

  /** Methods whose tensors are not those of a layer. */
  private static final List<String> OUTSIDE = List.of("  def embed(", "  def head(");

  private static final String METHOD = "  def ";

  private final int rank;
  private final double scale;

  /** What is added to a product, by the matrix's place in a layer's list. */
  private final Map<Integer, String> additions = new TreeMap<>();

  /**
   * @param rank of every adapter
   * @param scale s
   */
  AdapterScript(int rank, double scale) {
    this.rank = rank;
    this.scale = scale;
  }

  /**
   * Adds the adapter of a product.
   *
   * @param weight place of the matrix in a layer's list
   * @param a place of A, which B of each chosen matrix follows
   * @param tensors matrices that are stacked there
   * @param chosen which of them have an adapter
   */
  void add(int weight, int a, List<NamedShape> tensors, List<Boolean> chosen) {
    List<String> parts = new ArrayList<>();
    long from = 0;
    int adapters = 0;
    for (int i = 0; i < tensors.size(); i++) {
      long outputs = tensors.get(i).shape().get(0); // stacked ones are output x input
      if (chosen.get(i)) {
        parts.add("torch.linear(u[%d], w[%d])".formatted(adapters, a + 1 + adapters));
        adapters++;
      } else {
        parts.add("torch.zeros_like(torch.narrow(y, -1, %d, %d))".formatted(from, outputs));
      }
      from += outputs;
    }
    String ranks = String.join(", ", java.util.Collections.nCopies(adapters, "" + rank));
    String sum =
        parts.size() == 1 ? parts.get(0) : "torch.cat([" + String.join(", ", parts) + "], -1)";
    additions.put(
        weight,
        """
            u = torch.split_with_sizes(torch.linear(x, w[%d]), [%s], -1)
            return torch.add(y, %s, alpha=%s)
        """
            .formatted(a, ranks, sum, scale));
  }

  /** The script with every adapter. */
  String over(String script) {
    Map<Integer, String> methods = new TreeMap<>();
    StringBuilder text = new StringBuilder();
    for (String method : script.split("(?m)(?=^" + METHOD + ")")) {
      text.append(
          OUTSIDE.stream().anyMatch(method::startsWith) ? method : inLayer(method, methods));
    }
    if (!methods.keySet().equals(additions.keySet())) {
      throw new IllegalStateException(
          "The script has products with matrices %s of a layer, expected %s"
              .formatted(methods.keySet(), additions.keySet()));
    }
    return text + methods.values().stream().collect(Collectors.joining());
  }

  /** A method in which the products are calls; what they call is added to the methods. */
  private String inLayer(String method, Map<Integer, String> methods) {
    StringBuilder text = new StringBuilder();
    int done = 0;
    for (int at = 0; at < method.length(); at++) {
      int begin = at;
      String call =
          PRODUCTS.stream().filter(name -> method.startsWith(name, begin)).findFirst().orElse(null);
      if (call == null) {
        continue;
      }
      List<String> arguments = arguments(method, at + call.length());
      int end = at + call.length() + String.join(",", arguments).length();
      Integer weight = arguments.size() < 2 ? null : place(arguments.get(1).strip());
      if (weight != null && additions.containsKey(weight)) {
        text.append(method, done, at)
            .append("(self).adapted_%d(%s, w, )".formatted(weight, arguments.get(0)));
        List<String> inside = new ArrayList<>(arguments);
        inside.set(0, "x");
        methods.put(
            weight,
            "%sadapted_%d(self, x: Tensor, w: List[Tensor]) -> Tensor:\n    y = %s%s)\n%s"
                .formatted(METHOD, weight, call, String.join(",", inside), additions.get(weight)));
        done = end + 1;
        at = end;
      }
    }
    return text.append(method, done, method.length()).toString();
  }

  /** i of {@code w[i]}; null for anything else. */
  private static Integer place(String argument) {
    return argument.matches("w\\[\\d+]")
        ? Integer.valueOf(argument.substring(2, argument.length() - 1))
        : null;
  }

  /**
   * A call's arguments as they are written, from behind its parenthesis to the one that ends it.
   */
  private static List<String> arguments(String text, int from) {
    List<String> arguments = new ArrayList<>();
    int depth = 0;
    int begin = from;
    for (int i = from; i < text.length(); i++) {
      switch (text.charAt(i)) {
        case '(', '[' -> depth++;
        case ',' -> {
          if (depth == 0) {
            arguments.add(text.substring(begin, i));
            begin = i + 1;
          }
        }
        case ')', ']' -> {
          if (depth == 0) {
            arguments.add(text.substring(begin, i));
            return arguments;
          }
          depth--;
        }
        default -> {}
      }
    }
    throw new IllegalStateException("A call in the script does not end: " + text.substring(from));
  }
}
