package lethe.train.gradient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.IntStream;
import lethe.objective.Descent;
import lethe.objective.GradientAscent;
import lethe.objective.Role;
import lethe.settings.InvalidSettings;
import lethe.settings.Settings;
import lethe.train.TrainSettings;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

class GradientConflictTest {
  /** Two buckets a side; |f| = 3, |r| = sqrt(6), product -2. */
  private static final float[] FORGET = {1, 2, 2};

  private static final float[] RETAIN = {-2, 1, -1};

  @Test
  void valuesWorkedByHand() {
    float[][][] gradient = buckets(FORGET, RETAIN);
    GradientConflict conflict = join(gradient, GradientMode.SEPARATE);
    assertThat(conflict.forgetNorm()).isEqualTo(3);
    assertThat(conflict.retainNorm()).isCloseTo(2.449490, within(1e-6));
    assertThat(conflict.cosine()).isCloseTo(-0.272166, within(1e-6));
    assertThat(conflict.projected()).isFalse();
    assertThat(sum(gradient)).containsExactly(-1, 3, 1);
  }

  @Test
  void theProjectionWorkedByHandLeavesNothingAgainstWhatIsKept() {
    float[][][] gradient = buckets(FORGET, RETAIN);
    GradientConflict conflict = join(gradient, GradientMode.PROJECTED);
    // f + r / 3 = (1/3, 7/3, 5/3), which is at a right angle to r
    float[] sum = sum(gradient);
    assertThat(sum).containsExactly(new float[] {-5 / 3f, 10 / 3f, 2 / 3f}, within(1e-6f));
    assertThat(product(minus(sum, RETAIN), RETAIN)).isCloseTo(0, within(1e-6));
    assertThat(conflict.projected()).isTrue();
    assertThat(conflict.cosine()).as("before").isCloseTo(-0.272166, within(1e-6));
    assertThat(conflict.forgetNorm()).as("before").isEqualTo(3);
  }

  @Test
  void sidesThatAgreeAreLeftAsTheyAre() {
    float[] retain = {2, 1, 1};
    float[][][] projected = buckets(FORGET, retain);
    float[][][] apart = buckets(FORGET, retain);
    assertThat(join(projected, GradientMode.PROJECTED).projected()).isFalse();
    join(apart, GradientMode.SEPARATE);
    assertThat(sum(projected)).containsExactly(sum(apart)).containsExactly(3, 3, 3);
  }

  @Test
  void theSameAndTheOpposite() {
    float[] twice = {2, 4, 4};
    assertThat(join(buckets(FORGET, twice), GradientMode.SEPARATE).cosine()).isEqualTo(1);
    float[] back = {-2, -4, -4};
    float[][][] gradient = buckets(FORGET, back);
    assertThat(join(gradient, GradientMode.PROJECTED).cosine()).isEqualTo(-1);
    assertThat(sum(gradient)).as("nothing is left to forget by").containsExactly(back);
  }

  @Test
  void aSideWithoutRowsHasNoDirection() {
    float[] none = {0, 0, 0};
    for (GradientMode gradientMode : List.of(GradientMode.SEPARATE, GradientMode.PROJECTED)) {
      float[][][] gradient = buckets(none, RETAIN);
      GradientConflict conflict = join(gradient, gradientMode);
      assertThat(conflict.forgetNorm()).isZero();
      assertThat(conflict.cosine()).isNull();
      assertThat(sum(gradient)).containsExactly(RETAIN);
      assertThat(join(buckets(FORGET, none), gradientMode))
          .isEqualTo(new GradientConflict(3, 0, null, false));
    }
  }

  @Test
  void oneSideNeedsNoSecondVector() {
    Role forget = new Role("forget", new GradientAscent(), 1);
    Role retain = new Role("retain", new Descent(), 1);
    Role general = new Role("general", new Descent(), 1);
    assertThat(GradientMode.SEPARATE.of(List.of(forget, retain))).isEqualTo(GradientMode.SEPARATE);
    assertThat(GradientMode.PROJECTED.of(List.of(forget))).isEqualTo(GradientMode.SUMMED);
    assertThat(GradientMode.SEPARATE.of(List.of(new Role("train", new Descent(), 1))))
        .as("pre-training")
        .isEqualTo(GradientMode.SUMMED);
    assertThat(GradientMode.SEPARATE.split(List.of(forget, retain, general)))
        .containsExactly(List.of(forget), List.of(retain, general));
    assertThat(GradientMode.SUMMED.split(List.of(forget, retain)))
        .containsExactly(List.of(forget, retain));
  }

  @Test
  void theSettingsNameIt() {
    assertThat(read()).isEqualTo(GradientMode.SUMMED);
    assertThat(read("train.gradient-mode=separate")).isEqualTo(GradientMode.SEPARATE);
    assertThat(read("train.gradient-mode=projected")).isEqualTo(GradientMode.PROJECTED);
    Assertions.assertThatThrownBy(() -> read("train.gradient-mode=forget"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(
            "train.gradient-mode must be one of summed, separate, projected, was \"forget\"");
  }

  private static GradientMode read(String... pairs) {
    Settings settings = Settings.of(List.of(pairs));
    GradientMode gradientMode = TrainSettings.read(settings.root(), "train").gradientMode();
    settings.check();
    return gradientMode;
  }

  private static GradientConflict join(float[][][] gradient, GradientMode mode) {
    return GradientConflict.join(gradient[0], gradient[1], mode);
  }

  /** A bucket of two elements and one of one, for each part. */
  private static float[][][] buckets(float[] forget, float[] retain) {
    return new float[][][] {
      {{forget[0], forget[1]}, {forget[2]}}, {{retain[0], retain[1]}, {retain[2]}}
    };
  }

  private static float[] sum(float[][][] gradient) {
    return new float[] {gradient[0][0][0], gradient[0][0][1], gradient[0][1][0]};
  }

  private static float[] minus(float[] left, float[] right) {
    return new float[] {left[0] - right[0], left[1] - right[1], left[2] - right[2]};
  }

  private static double product(float[] left, float[] right) {
    return IntStream.range(0, left.length).mapToDouble(i -> (double) left[i] * right[i]).sum();
  }
}
