package lethe.corpus.token;

/** What precedes the first token of a chunk, and of a question. */
public enum Beginning {
  /**
   * The special tokens that the model's own tokenizer puts before a text, as transformers does: one
   * for Llama 2 and 3 and Mistral, none for GPT-2, GPT-NeoX and Qwen.
   */
  TOKENIZER,
  /** Nothing. */
  NONE;

  /** Token ids. */
  public int[] of(Tokenizer tokenizer) {
    return this == TOKENIZER ? tokenizer.begin() : new int[0];
  }
}
