package lethe.model.family;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import lethe.model.checkpoint.ModelConfig;
import lethe.model.checkpoint.NamedShape;
import lethe.model.network.Architecture;
import lethe.model.network.ContextLength;
import lethe.model.network.FusedParameter;

/**
 * A network's tensors while an architecture lists them, in flat order and by group: those that the
 * embedding takes, each layer, the head. The embedding matrix comes first.
 */
final class ArchitectureBuilder {
  private final List<FusedParameter> parameters = new ArrayList<>();
  private final List<List<Integer>> groups = new ArrayList<>();

  /** Begins another group: what is added from here on belongs to it. */
  void begin() {
    groups.add(new ArrayList<>());
  }

  /**
   * Adds a tensor to the group; several are stacked.
   *
   * @return its name in the group's script: {@code w[3]}
   */
  String add(NamedShape... tensors) {
    parameters.add(FusedParameter.of(tensors));
    return use(parameters.size() - 1);
  }

  String add(String name, long... shape) {
    return add(NamedShape.of(name, shape));
  }

  /** Adds a bias: in the script, a tensor of the matrix product's dtype. */
  String addBias(NamedShape... tensors) {
    return "torch.to(" + add(tensors) + ", ${C})";
  }

  /** Lets the group use the embedding matrix too. */
  String addEmbedding() {
    return use(0);
  }

  /**
   * Lets the group use a tensor that other groups use, too; the first adds it.
   *
   * @return its name in the group's script
   */
  String addShared(String name, long... shape) {
    NamedShape tensor = NamedShape.of(name, shape);
    for (int place = 0; place < parameters.size(); place++) {
      if (parameters.get(place).tensors().equals(List.of(tensor))) {
        return use(place);
      }
    }
    return add(tensor);
  }

  private String use(int place) {
    List<Integer> group = groups.get(groups.size() - 1);
    group.add(place);
    return "w[" + (group.size() - 1) + "]";
  }

  /**
   * A language model, once every group is complete.
   *
   * @param heads of its attention
   * @param rope of its attention
   * @param script with the names that {@link #add} gave
   */
  Architecture architecture(
      ModelConfig config,
      int width,
      ContextLength context,
      Architecture.Heads heads,
      Rope rope,
      String script) {
    return architecture(config, width, context, heads, rope::tables, script);
  }

  /**
   * The network, once every group is complete.
   *
   * @param heads of its attention
   * @param tables as {@link Architecture#tables}
   * @param script with the names that {@link #add} gave
   */
  Architecture architecture(
      ModelConfig config,
      int width,
      ContextLength context,
      Architecture.Heads heads,
      IntFunction<List<Architecture.Table>> tables,
      String script) {
    int last = groups.size() - 1;
    return new Architecture(
        config.type(),
        (int) parameters.get(0).shape().get(0),
        context,
        width,
        heads,
        parameters,
        groups.get(0),
        groups.subList(1, last),
        groups.get(last),
        tables,
        script);
  }
}
