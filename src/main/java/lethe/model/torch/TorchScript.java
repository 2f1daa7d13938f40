package lethe.model.torch;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.ParameterStore;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * TorchScript text run through DJL. The text is the dialect that PyTorch itself writes into an
 * archive: builtin operators only, spelt {@code torch.<operator>}, dtypes as numbers (6 float32, 15
 * bfloat16). An archive is a zip with that text and a pickled, stateless module; it is put together
 * in memory.
 *
 * <p>Not thread-safe.
 */
public final class TorchScript implements AutoCloseable {
  private static final String CLASS =
      """
      class Network(Module):
        __parameters__ = []
        __buffers__ = []
        training : bool
      """;

  private final Model model;
  private final ParameterStore store;
  private final NDManager manager;
  private final Map<String, NDArray> methods = new HashMap<>();

  /**
   * @param manager owns the module's constants; its device is where the module runs
   * @param methods method definitions, indented by two spaces
   */
  public TorchScript(NDManager manager, String methods) {
    this.manager = manager;
    this.model = Model.newInstance("network", manager.getDevice(), "PyTorch");
    this.store = new ParameterStore(manager, false);
    try {
      model.load(new ByteArrayInputStream(archive(CLASS + methods)));
    } catch (IOException | MalformedModelException e) {
      throw new IllegalStateException("Cannot load the network's TorchScript", e);
    }
  }

  /**
   * Runs a method. The result belongs to the first input's manager; autograd records it if
   * gradients are on in this thread.
   *
   * @param method its name
   * @param inputs a tensor or a list of tensors per argument
   */
  public NDArray run(String method, Object... inputs) {
    return runAll(method, inputs).singletonOrThrow();
  }

  /** As {@link #run}, for a method that returns a tuple or a list. */
  public NDList runAll(String method, Object... inputs) {
    NDList flat = new NDList();
    char list = 'a';
    for (Object input : inputs) {
      if (input instanceof NDArray array) {
        array.setName(null);
        flat.add(array);
      } else {
        String name = list++ + "[]"; // DJL gathers arrays of one such name into one list argument
        for (Object array : (List<?>) input) {
          ((NDArray) array).setName(name);
          flat.add((NDArray) array);
        }
      }
    }
    flat.add(methods.computeIfAbsent(method, this::marker));
    // true: with autograd; false would run in inference mode, whose tensors may never enter a
    // graph.
    return model.getBlock().forward(store, flat, true);
  }

  private NDArray marker(String method) {
    NDArray marker = manager.create(0f);
    marker.setName("module_method:" + method);
    return marker;
  }

  private static byte[] archive(String code) throws IOException {
    ByteArrayOutputStream object = new ByteArrayOutputStream();
    object.write(new byte[] {(byte) 0x80, 2}); // pickle, protocol 2
    object.write("c__torch__\nNetwork\n".getBytes(StandardCharsets.US_ASCII)); // the class,
    object.write(
        new byte[] {'q', 0, ')', (byte) 0x81, '}', '('}); // an object of it, and its state:
    object.write(new byte[] {'X', 8, 0, 0, 0});
    object.write("training".getBytes(StandardCharsets.US_ASCII));
    object.write(new byte[] {(byte) 0x88, 'u', 'b', '.'}); // training = True
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      put(zip, "data.pkl", object.toByteArray());
      put(zip, "code/__torch__.py", code.getBytes(StandardCharsets.UTF_8));
      put(zip, "constants.pkl", new byte[] {(byte) 0x80, 2, ')', '.'}); // an empty tuple
      put(zip, "version", "10\n".getBytes(StandardCharsets.US_ASCII));
      put(zip, "byteorder", "little".getBytes(StandardCharsets.US_ASCII));
    }
    return bytes.toByteArray();
  }

  private static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
    zip.putNextEntry(new ZipEntry("network/" + name));
    zip.write(content);
    zip.closeEntry();
  }

  @Override
  public void close() {
    model.close();
  }
}
