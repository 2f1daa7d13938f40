package lethe;

final class Sample {
  Sample(String d, Console c) {}

  void make() {}
}
