package lethe.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import lethe.generation.Answer;
import lethe.generation.GenerationSettings;
import lethe.generation.Generator;
import lethe.generation.Prompt;
import lethe.inference.ComputeSettings;
import lethe.inference.LoadedModel;
import lethe.inference.ModelKey;
import lethe.model.TinyLlama;
import lethe.model.network.Network;
import lethe.model.network.Parameters;
import lethe.model.torch.Graph;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a model writes, and what one pass over a text tells of it. */
class WrittenTextTest {
  private static final int WRITTEN = 20;

  @TempDir Path temp;

  private ModelKey key;
  private final List<int[]> prefixes = new ArrayList<>();

  @BeforeEach
  void writeModel() throws IOException {
    key = ModelKey.of(TinyLlama.write(temp, 1), ComputeSettings.cpu(1));
    Random random = new Random(3);
    for (int length : new int[] {5, 9, 7, 1}) {
      prefixes.add(random.ints(length, 0, TinyLlama.VOCABULARY).toArray());
    }
  }

  @AfterEach
  void letGo() {
    LoadedModel.clear();
  }

  @Test
  void writesTogetherWhatEachTextAloneIsFollowedBy() {
    List<int[]> written = written();
    for (int i = 0; i < prefixes.size(); i++) {
      assertThat(written.get(i)).isEqualTo(alone(prefixes.get(i)));
    }
  }

  @Test
  void verbatimTellsFromOnePassHowFarAContinuationAgrees() {
    List<int[]> written = written();
    for (int wrong : new int[] {0, 3, WRITTEN - 1, WRITTEN}) {
      for (int i = 0; i < prefixes.size(); i++) {
        int[] prefix = prefixes.get(i);
        int[] text = Arrays.copyOf(prefix, prefix.length + WRITTEN);
        System.arraycopy(written.get(i), 0, text, prefix.length, WRITTEN);
        if (wrong < WRITTEN) {
          int at = prefix.length + wrong;
          text[at] = (text[at] + 1) % TinyLlama.VOCABULARY;
        }
        boolean[] hit =
            LoadedModel.with(
                key, m -> Scorer.score(m, List.of(new Passage(text, prefix.length))).get(0).hit());
        int agrees = 0;
        while (agrees < WRITTEN && hit[agrees]) {
          agrees++;
        }
        assertThat(agrees).as("text %d, wrong at %d", i, wrong).isEqualTo(wrong);
      }
    }
  }

  private List<int[]> written() {
    List<Prompt> prompts = prefixes.stream().map(tokens -> new Prompt("", tokens)).toList();
    return LoadedModel.with(
            key, model -> Generator.answers(model, prompts, GenerationSettings.greedy(WRITTEN, 4)))
        .stream()
        .map(Answer::tokens)
        .toList();
  }

  /** Token by token, one text, from the logits of all positions. */
  private static int[] alone(int[] prefix) {
    int[] text = prefix;
    try (Network network = TinyLlama.network();
        Parameters weights = TinyLlama.parameters(network, 1)) {
      for (int t = 0; t < WRITTEN; t++) {
        int[] now = text;
        float[] logits =
            Graph.withoutGraph(
                () -> {
                  try (NDManager manager = network.newManager()) {
                    NDArray idsBT = manager.create(new int[][] {now}).toType(DataType.INT64, false);
                    return network
                        .logits(network.hidden(idsBT, weights).squeeze(0), weights)
                        .toFloatArray();
                  }
                });
        int best = 0;
        int from = (text.length - 1) * TinyLlama.VOCABULARY;
        for (int v = 1; v < TinyLlama.VOCABULARY; v++) {
          best = logits[from + v] > logits[from + best] ? v : best;
        }
        text = Arrays.copyOf(text, text.length + 1);
        text[text.length - 1] = best;
      }
    }
    return Arrays.copyOfRange(text, prefix.length, text.length);
  }
}
