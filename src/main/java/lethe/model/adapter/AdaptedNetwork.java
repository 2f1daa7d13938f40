package lethe.model.adapter;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lethe.model.checkpoint.NamedShape;
import lethe.model.network.Architecture;
import lethe.model.network.FusedParameter;
import lethe.settings.InvalidSettings;

/**
 * A network whose layers have an adapter beside some of their matrices. Its flat parameter vector
 * is that of the base with A and B of each matrix behind it. The products with A and B are made one
 * after the other, so no gradient of a base matrix is ever computed, and no sum W + s B A.
 *
 * @param base the network without the adapter
 * @param adapter its shape
 * @param matrices those that have one, in the order of the flat vector
 * @param architecture the network with it
 */
public record AdaptedNetwork(
    Architecture base, Adapter adapter, List<AdaptedMatrix> matrices, Architecture architecture) {

  /**
   * A product of a layer.
   *
   * @param weight its place in the layer's list of tensors
   * @param tensors the matrices that are stacked there
   * @param chosen for each, whether it has an adapter
   */
  private record Product(int weight, List<NamedShape> tensors, List<Boolean> chosen) {}

  /**
   * Lays an adapter that the settings describe over a network.
   *
   * @throws InvalidSettings naming a target that is no matrix of every layer
   */
  public static AdaptedNetwork of(Architecture base, Adapter adapter) {
    return of(base, adapter, "train.lora.targets");
  }

  /**
   * As {@link #of(Architecture, Adapter)}.
   *
   * @param setting that names the targets, for messages
   */
  public static AdaptedNetwork of(Architecture base, Adapter adapter, String setting) {
    Targets targets = new Targets(base, adapter.targets(), setting);
    targets.check(true);
    return of(base, adapter, targets::names);
  }

  /** The same, but as in PEFT it is enough that one target names a matrix. */
  static AdaptedNetwork ofAny(Architecture base, Adapter adapter, String setting) {
    Targets targets = new Targets(base, adapter.targets(), setting);
    targets.check(false);
    return of(base, adapter, targets::names);
  }

  private static AdaptedNetwork of(Architecture base, Adapter adapter, Predicate<String> isTarget) {
    List<FusedParameter> parameters = new ArrayList<>(base.parameters());
    List<List<Integer>> layers = new ArrayList<>();
    List<AdaptedMatrix> matrices = new ArrayList<>();
    AdapterScript script = new AdapterScript(adapter.rank(), adapter.scale());
    for (List<Integer> layer : base.layers()) {
      List<Integer> places = new ArrayList<>(layer);
      for (Product product : products(base, layer, isTarget)) {
        List<AdaptedMatrix> here =
            IntStream.range(0, product.tensors.size())
                .filter(product.chosen::get)
                .mapToObj(i -> matrix(base, product.tensors.get(i), adapter.rank()))
                .toList();
        int first = places.size();
        places.add(parameters.size());
        parameters.add(
            FusedParameter.of(here.stream().map(AdaptedMatrix::a).toArray(NamedShape[]::new)));
        for (AdaptedMatrix matrix : here) {
          places.add(parameters.size());
          parameters.add(FusedParameter.of(matrix.b()));
        }
        matrices.addAll(here);
        if (layers.isEmpty()) {
          script.add(product.weight, first, product.tensors, product.chosen);
        }
      }
      layers.add(places);
    }
    Architecture adapted = base.with(parameters, layers, script.over(base.script()));
    return new AdaptedNetwork(base, adapter, List.copyOf(matrices), adapted);
  }

  private static AdaptedMatrix matrix(Architecture base, NamedShape weight, int rank) {
    return new AdaptedMatrix(weight, base.byInput(), rank);
  }

  private static List<Product> products(
      Architecture base, List<Integer> layer, Predicate<String> isTarget) {
    List<Product> products = new ArrayList<>();
    for (int i = 0; i < layer.size(); i++) {
      List<NamedShape> tensors = base.parameters().get(layer.get(i)).tensors();
      List<Boolean> chosen =
          tensors.stream()
              .map(t -> AdaptedMatrix.fits(t) && isTarget.test(AdaptedMatrix.module(t.name())))
              .toList();
      if (chosen.contains(true)) {
        products.add(new Product(i, tensors, chosen));
      }
    }
    return products;
  }

  /** A and B of every matrix, in flat order of the matrices. */
  public List<NamedShape> tensors() {
    return matrices.stream().flatMap(matrix -> matrix.tensors().stream()).toList();
  }

  /** Names of A and B of every matrix. */
  public Set<String> names() {
    return tensors().stream().map(NamedShape::name).collect(Collectors.toUnmodifiableSet());
  }

  /** Elements of A and B together. */
  public long elements() {
    return architecture.elements() - base.elements();
  }

  /** Modules of the adapter, by their last names, as a PEFT folder lists its targets. */
  List<String> lastNames() {
    Set<String> names = new TreeSet<>();
    matrices.forEach(
        matrix -> names.add(matrix.module().substring(matrix.module().lastIndexOf('.') + 1)));
    return List.copyOf(names);
  }

  Optional<AdaptedMatrix> matrix(String weight) {
    return matrices.stream().filter(matrix -> matrix.weight().name().equals(weight)).findFirst();
  }

  /**
   * The modules that some names mean.
   *
   * @param targets as the settings or a PEFT folder have them
   * @param setting where they are written
   */
  private record Targets(Architecture base, List<String> targets, String setting) {
    boolean names(String module) {
      return targets.equals(List.of(Adapter.ALL_LINEAR))
          || targets.stream().anyMatch(target -> Adapter.names(target, module));
    }

    void check(boolean every) {
      List<String> problems = new ArrayList<>();
      if (!targets.equals(List.of(Adapter.ALL_LINEAR))) {
        targets.forEach(target -> problem(target).ifPresent(problems::add));
      }
      if (!every && problems.size() < targets.size()) {
        problems.clear();
      }
      if (problems.isEmpty()) {
        uneven().ifPresent(problems::add);
      }
      if (!problems.isEmpty()) {
        throw new InvalidSettings(problems);
      }
    }

    private Optional<String> problem(String target) {
      if (modules(base.layers().get(0)).stream().anyMatch(m -> Adapter.names(target, m))
          || base.layers().stream()
              .anyMatch(layer -> modules(layer).stream().anyMatch(target::equals))) {
        return Optional.empty();
      }
      String found =
          base.tensors().stream()
              .filter(t -> Adapter.names(target, AdaptedMatrix.module(t.name())))
              .findFirst()
              .map(
                  t ->
                      t.shape().size() == 2
                          ? ", which is %s: adapters are for the matrices of layers"
                              .formatted(t.name())
                          : ", which is no matrix: %s has the shape %s"
                              .formatted(t.name(), t.shape()))
              .orElse(", which is no module of the model");
      return Optional.of(
          "%s has \"%s\"%s; name one of %s, or %s"
              .formatted(
                  setting, target, found, String.join(", ", lastNames()), Adapter.ALL_LINEAR));
    }

    /** A sentence, if the layers do not have the same modules with an adapter. */
    private Optional<String> uneven() {
      List<List<Integer>> layers = base.layers();
      List<List<Boolean>> chosen =
          layers.stream().map(layer -> modules(layer).stream().map(this::names).toList()).toList();
      for (int i = 1; i < layers.size(); i++) {
        if (!chosen.get(i).equals(chosen.get(0))) {
          return Optional.of(
              "%s names modules of some layers only, layer %d is not as layer 0; name modules by their last part, as %s"
                  .formatted(setting, i, lastNames().iterator().next()));
        }
      }
      return Optional.empty();
    }

    private List<String> modules(List<Integer> layer) {
      return layer.stream()
          .flatMap(place -> base.parameters().get(place).tensors().stream())
          .filter(AdaptedMatrix::fits)
          .map(tensor -> AdaptedMatrix.module(tensor.name()))
          .toList();
    }

    private Set<String> lastNames() {
      Set<String> names = new LinkedHashSet<>();
      modules(base.layers().get(0))
          .forEach(module -> names.add(module.substring(module.lastIndexOf('.') + 1)));
      return names;
    }
  }
}
