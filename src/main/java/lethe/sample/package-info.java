/**
 * What the quickstart needs besides Lethe: a corpus ({@link lethe.sample.SampleCorpus}) and the
 * shape and tokenizer of a small model ({@link lethe.sample.ByteLlama}), so that it downloads
 * nothing. It knows no Spark and no layer. The texts are skeletons in the resources of this
 * package; to add a kind of text, add a skeleton.
 */
package lethe.sample;
