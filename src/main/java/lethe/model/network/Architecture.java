package lethe.model.network;

import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import lethe.model.checkpoint.NamedShape;

/**
 * Everything that makes one checkpoint's network: its tensors in the order of the flat parameter
 * vector, and its forward pass as TorchScript text with three methods, each taking the tensors it
 * uses as a list:
 *
 * <pre>
 *   embed(idsBT, w) -> xBTD        forward(xBTD, tables, w) -> xBTD        head(hND, w) -> logitsNV
 * </pre>
 *
 * @param type {@code model_type} in config.json
 * @param vocabulary rows of the embedding
 * @param context the longest sequence it can run
 * @param width of the hidden states
 * @param heads of the attention
 * @param parameters all of them, in the order of the flat parameter vector; no tensor twice
 * @param embedding places in {@code parameters} that {@code embed} takes
 * @param layers for each layer, the places that {@code forward} takes
 * @param head the places that {@code head} takes; a tied embedding is named here and in {@code
 *     embedding}
 * @param tables for a sequence length, the constant tensors that {@code forward} takes (rotary
 *     cosines and sines)
 * @param script the class body: method definitions in the dialect of {@link
 *     lethe.model.torch.TorchScript}
 */
public record Architecture(
    String type,
    int vocabulary,
    ContextLength context,
    int width,
    Heads heads,
    List<FusedParameter> parameters,
    List<Integer> embedding,
    List<List<Integer>> layers,
    List<Integer> head,
    IntFunction<List<Table>> tables,
    String script) {

  /**
   * A constant matrix, row by row.
   *
   * @param rows one per position
   * @param columns elements per row
   * @param values rows x columns
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Table(int rows, int columns, float[] values) {}

  /**
   * The heads of the attention.
   *
   * @param queries heads of the queries
   * @param keys heads of keys and values, a divisor of {@code queries}
   * @param size elements per head
   * @param scored whether a pass keeps the scores of all pairs of tokens, which no fused operator
   *     computes piece by piece
   */
  public record Heads(int queries, int keys, int size, boolean scored) {
    public Heads(int queries, int keys, int size) {
      this(queries, keys, size, false);
    }
  }

  public Architecture {
    parameters = List.copyOf(parameters);
    embedding = List.copyOf(embedding);
    layers = layers.stream().map(List::copyOf).toList();
    head = List.copyOf(head);
  }

  /**
   * This network with more parameters, which its layers use.
   *
   * @param more all parameters, those of this network first
   * @param places for each layer, those that its methods take, the present ones first
   * @param text the script with them
   */
  public Architecture with(List<FusedParameter> more, List<List<Integer>> places, String text) {
    return new Architecture(
        type, vocabulary, context, width, heads, more, embedding, places, head, tables, text);
  }

  /** Whether the layers' matrices are stored as input x output, as GPT-2's are. */
  public boolean byInput() {
    return type.equals("gpt2");
  }

  /**
   * The matrices that activations are multiplied with, in order, the output matrix last; several
   * matrices of a checkpoint that are stacked count as one.
   */
  public List<FusedParameter> matrices() {
    return Stream.concat(layers.stream(), Stream.of(head))
        .flatMap(List::stream)
        .map(parameters::get)
        .filter(p -> p.shape().dimension() == 2)
        .toList();
  }

  /** Whether activations are multiplied with a parameter: a matrix that layers or head take. */
  boolean isMatrix(int place) {
    return parameters.get(place).shape().dimension() > 1
        && (head.contains(place) || !embedding.contains(place));
  }

  /** Elements of all parameters together. */
  public long elements() {
    return parameters.stream().mapToLong(FusedParameter::elements).sum();
  }

  /** The checkpoint's tensors in flat order. */
  public List<NamedShape> tensors() {
    return parameters.stream().flatMap(p -> p.tensors().stream()).toList();
  }

  /** The common prefix of all tensor names except that of the output matrix: {@code model.}. */
  public String prefix() {
    String first = parameters.get(embedding.get(0)).tensors().get(0).name();
    return first.substring(0, first.indexOf('.') + 1);
  }

  /** Names that checkpoints give the output matrix; empty if it is tied. */
  public List<String> outputs() {
    return type.equals("gpt_neox")
        ? List.of("embed_out.weight", "lm_head.weight")
        : List.of("lm_head.weight");
  }

  /**
   * The first thing in which a network differs from another whose weights it could not take.
   *
   * @return a clause, of this network first; nothing where all tensors are the same
   */
  public Optional<String> difference(Architecture other) {
    if (!type.equals(other.type)) {
      return Optional.of("one is a %s, the other a %s".formatted(type, other.type));
    }
    if (vocabulary != other.vocabulary) {
      return Optional.of(
          "one has a vocabulary of %d, the other of %d".formatted(vocabulary, other.vocabulary));
    }
    if (tied() != other.tied()) {
      return Optional.of(
          "one has an output matrix that is %s, the other one that is %s"
              .formatted(output(), other.output()));
    }
    List<NamedShape> own = tensors();
    List<NamedShape> others = other.tensors();
    for (int i = 0; i < Math.min(own.size(), others.size()); i++) {
      if (!own.get(i).equals(others.get(i))) {
        return Optional.of(
            "one has %s of %s, the other %s of %s"
                .formatted(
                    own.get(i).name(),
                    own.get(i).shape(),
                    others.get(i).name(),
                    others.get(i).shape()));
      }
    }
    return own.size() == others.size()
        ? Optional.empty()
        : Optional.of("one has %d tensors, the other %d".formatted(own.size(), others.size()));
  }

  private String output() {
    return tied() ? "the embedding" : "separate";
  }

  /** Whether the output matrix is the embedding. */
  public boolean tied() {
    return head.contains(embedding.get(0));
  }

  /**
   * The scale of a norm before training, as a checkpoint stores it: Gemma's norms multiply by 1
   * plus what is stored.
   */
  public float initialScale() {
    return type.startsWith("gemma") ? 0 : 1;
  }

  /**
   * Floating-point operations per token in the forward pass: 2 per parameter outside the input
   * embedding, and 4 x elements of all query heads x context per layer for the attention's two
   * products. Forward and backward together cost three times as many.
   *
   * @param tokens sequence length
   */
  public long flopsPerToken(int tokens) {
    long lookedUp = embedding.stream().mapToLong(p -> parameters.get(p).elements()).sum();
    long multiplied = elements() - lookedUp + (tied() ? (long) vocabulary * width : 0);
    long queries = (long) heads.queries() * heads.size();
    return 2 * multiplied + 4L * layers.size() * queries * tokens;
  }
}
