package lethe.train.gradient;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ParameterPatternTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "*.bias                 ; h.0.attn.bias                         ; h.0.attn.biased",
        "*norm*                 ; model.layers.0.input_layernorm.weight ; lm_head.weight",
        "model.layers.[0-3].*   ; model.layers.3.mlp.up_proj.weight     ; model.layers.30.mlp.up_proj.weight",
        "model.layers.[!0-3].*  ; model.layers.4.mlp.up_proj.weight     ; model.layers.3.mlp.up_proj.weight",
        "*.ln_?.*               ; h.0.ln_1.weight                       ; h.0.ln_f2.weight",
        "{wte,wpe}.weight       ; wpe.weight                            ; wqe.weight",
        "h.{0,1[01]}.*          ; h.11.attn.bias                        ; h.12.attn.bias",
        "bias                   ; bias                                  ; h.0.bias",
        "a.b                    ; a.b                                   ; axb",
        "(a|b)+$                ; (a|b)+$                               ; a",
      })
  void matchesTheWholeNameAsAShellWould(String pattern, String fits, String doesNot) {
    assertThat(ParameterPattern.mistake(pattern)).isNull();
    ParameterPattern names = new ParameterPattern(List.of("nothing", pattern));
    assertThat(names.matches(fits)).isTrue();
    assertThat(names.matches(doesNot)).isFalse();
    assertThat(names.unmatched(List.of(doesNot, fits))).containsExactly("nothing");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "layers.[0-3 | Unclosed character class at pos 11: `layers.[0-3`",
        "{wte,wpe    | Unclosed group at pos 8: `{wte,wpe`",
        "[b-a]       | invalid character class range: `b-a`",
      })
  void saysWhatIsWrongWithAPattern(String pattern, String mistake) {
    assertThat(ParameterPattern.mistake(pattern)).isEqualTo(mistake);
  }
}
