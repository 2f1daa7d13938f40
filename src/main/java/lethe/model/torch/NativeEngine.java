package lethe.model.torch;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.util.cuda.CudaUtils;

/** Starts PyTorch once per process, with the settings that reproducible arithmetic needs. */
public final class NativeEngine {
  private NativeEngine() {}

  /** The libraries and their versions; starts PyTorch on one thread if it has not been. */
  public static String version() {
    Engine engine = Engine.getEngine("PyTorch");
    String djl = Engine.class.getPackage().getImplementationVersion();
    return "PyTorch " + engine.getVersion() + (djl == null ? "" : " by DJL " + djl);
  }

  /** The kind of a GPU, as far as it decides bits. */
  static String gpu(Device device) {
    return "GPU of compute capability " + CudaUtils.getComputeCapability(device.getDeviceId());
  }

  /**
   * @param threads for matrix products; the last caller wins, since the setting is global to the
   *     process
   */
  public static synchronized void start(int threads) {
    load();
    JniUtils.setNumThreads(threads);
  }

  /** Number of GPUs that this process could use; 0 with a PyTorch built for processors only. */
  public static synchronized int gpus() {
    return load().getGpuCount();
  }

  private static Engine load() {
    System.setProperty("OPT_OUT_TRACKING", "true"); // DJL reports home otherwise
    System.setProperty("ai.djl.offline", "true");
    // Profiling runs of the graph optimizer change results in a warm process.
    System.setProperty("ai.djl.pytorch.graph_optimizer", "false");
    System.setProperty("ai.djl.pytorch.num_interop_threads", "1");
    return Engine.getEngine("PyTorch");
  }
}
