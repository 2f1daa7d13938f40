package lethe.corpus.token;

/** What makes tokens of texts. */
public enum TokenizerLibrary {
  /** Serves every tokenizer.json. */
  HUGGING_FACE("huggingface"),
  /**
   * Byte-level BPE of the GPT-2, Llama 3 and Qwen2 kind, several times as fast. Texts with
   * something in them that it cannot be sure of go to the other library.
   */
  JTOKKIT("jtokkit");

  private final String key;

  TokenizerLibrary(String key) {
    this.key = key;
  }

  /** Its name in a manifest. */
  public String key() {
    return key;
  }
}
