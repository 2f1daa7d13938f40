package lethe.inference;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import lethe.model.ModelSource;
import lethe.model.TinyLlama;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoadedModelTest {
  @TempDir Path folder;

  @AfterEach
  void letGo() {
    LoadedModel.clear();
  }

  @Test
  void aProcessReadsAModelOnce() throws Exception {
    ModelKey key = key("one", 1);
    LoadedModel first = held(key);

    LoadedModel[] other = new LoadedModel[1];
    ModelKey again = key(key.source().path()); // as another task has it
    Thread task = new Thread(() -> other[0] = held(again));
    task.start();
    task.join();
    assertThat(other[0]).isSameAs(first);
  }

  @Test
  void tasksShareOneThreadWhichEndsWithTheModels() throws Exception {
    ModelKey key = key("one", 1);
    Thread[] own = new Thread[2];
    Thread task = new Thread(() -> own[1] = LoadedModel.with(key, m -> Thread.currentThread()));
    task.start();
    own[0] = LoadedModel.with(key, m -> Thread.currentThread());
    task.join();
    assertThat(own[1]).isSameAs(own[0]).isNotSameAs(Thread.currentThread()).isNotSameAs(task);

    LoadedModel.clear();
    own[0].join(10_000);
    assertThat(own[0].isAlive()).as("a team of threads beside the training's").isFalse();
  }

  @Test
  void theOneThatWasUsedLongestAgoMakesRoom() throws IOException {
    ModelKey first = key("one", 1);
    ModelKey second = key("two", 2);
    LoadedModel one = held(first);
    LoadedModel two = held(second);
    held(first);

    held(key("three", 3)); // where the second was

    assertThat(held(first)).isSameAs(one);
    assertThat(held(second)).isNotSameAs(two);
  }

  private static LoadedModel held(ModelKey key) {
    return LoadedModel.with(key, model -> model);
  }

  private ModelKey key(String name, long seed) throws IOException {
    return key(TinyLlama.write(folder.resolve(name), seed).path());
  }

  private static ModelKey key(String path) {
    return ModelKey.of(new ModelSource(path, Map.of()), ComputeSettings.cpu(1));
  }
}
