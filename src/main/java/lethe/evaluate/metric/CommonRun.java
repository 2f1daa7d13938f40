package lethe.evaluate.metric;

/** The longest run of tokens that two texts have in common, wherever it is in each. */
public final class CommonRun {
  private CommonRun() {}

  /**
   * How long it is.
   *
   * @param a tokens of one text
   * @param b tokens of the other
   */
  public static int longest(int[] a, int[] b) {
    int longest = 0;
    int[] runs = new int[b.length + 1]; // that end before each place of b
    for (int token : a) {
      for (int j = b.length; j > 0; j--) { // backwards: each run goes on from the token before
        runs[j] = token == b[j - 1] ? runs[j - 1] + 1 : 0;
        longest = Math.max(longest, runs[j]);
      }
    }
    return longest;
  }
}
