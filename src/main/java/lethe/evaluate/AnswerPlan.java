package lethe.evaluate;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lethe.corpus.token.QuestionEncoder;
import lethe.folder.Files;
import lethe.inference.ComputeSettings;
import lethe.inference.EncoderKey;
import lethe.inference.ModelKey;
import lethe.model.EncoderSource;
import lethe.model.ModelSource;
import lethe.settings.Section;

/**
 * Which models answer which questions, and what judges the answers.
 *
 * @param settings of the evaluation
 * @param prompts how questions become tokens
 * @param models by name; with one called {@link ModelNames#RETRAINED}, the others are compared with
 *     it
 * @param judges other networks
 */
public record AnswerPlan(
    EvaluateSettings settings, Prompts prompts, Map<String, ModelKey> models, AnswerJudges judges) {

  /**
   * How questions become tokens.
   *
   * @param encoder of questions and answers
   * @param tokenizer content of tokenizer.json
   * @param endTokens ids that end an answer
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Prompts(QuestionEncoder encoder, byte[] tokenizer, List<Integer> endTokens) {}

  /**
   * @param models by name, in the order of the report
   * @param hadoop settings of file systems that differ from the defaults
   */
  public static AnswerPlan of(
      EvaluateSettings settings,
      Prompts prompts,
      Map<String, ModelSource> models,
      Map<String, String> hadoop) {
    Map<String, ModelKey> keys = new LinkedHashMap<>();
    models.forEach((name, source) -> keys.put(name, ModelKey.of(source, settings.compute())));
    AnswerSettings answers = settings.answers();
    return new AnswerPlan(
        settings,
        prompts,
        keys,
        new AnswerJudges(
            key(answers.sentenceEncoder(), EncoderSource.Use.SENTENCES, hadoop, settings.compute()),
            key(answers.entailment(), EncoderSource.Use.CLASSIFIER, hadoop, settings.compute())));
  }

  private static EncoderKey key(
      String path, EncoderSource.Use use, Map<String, String> hadoop, ComputeSettings compute) {
    return path == null ? null : EncoderKey.of(new EncoderSource(path, use, hadoop), compute);
  }

  /**
   * What the answers depend on, for a later call to see whether they are there.
   *
   * @param files access to the questions
   */
  public AnswerScores.Asked asked(Files files) {
    Map<String, String> fingerprints = new LinkedHashMap<>();
    models.forEach((name, key) -> fingerprints.put(name, key.fingerprint()));
    Map<String, String> questions = new LinkedHashMap<>();
    for (QuestionSet set : settings.answers().questions()) {
      questions.put(set.name(), new QuestionFile(set, files).sha256());
    }
    Map<String, String> encoders = new TreeMap<>();
    if (judges.sentences() != null) {
      encoders.put("sentences", judges.sentences().fingerprint());
    }
    if (judges.entailment() != null) {
      encoders.put("entailment", judges.entailment().fingerprint());
    }
    return new AnswerScores.Asked(
        fingerprints,
        settings.answers().shown(),
        questions,
        encoders,
        prompts.encoder().signature(),
        prompts.endTokens(),
        settings.microBatch(),
        Section.spelling(settings.compute().precision()));
  }
}
