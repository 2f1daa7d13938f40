package lethe.model;

import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.JniUtils;

/** Starts PyTorch once a process, with what reproducible arithmetic needs. */
final class NativeEngine {
  private NativeEngine() {}

  /**
   * @param threads for matrix products; the last caller wins, since the setting is the process's
   */
  static synchronized void start(int threads) {
    System.setProperty("OPT_OUT_TRACKING", "true"); // DJL reports home otherwise
    System.setProperty("ai.djl.offline", "true");
    // Profiling runs of the graph optimizer change results in a warm process.
    System.setProperty("ai.djl.pytorch.graph_optimizer", "false");
    System.setProperty("ai.djl.pytorch.num_interop_threads", "1");
    Engine.getEngine("PyTorch");
    JniUtils.setNumThreads(threads);
  }
}
