package lethe.model.adapter;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lethe.folder.Files;
import lethe.json.Json;
import lethe.model.checkpoint.Dtype;
import lethe.model.checkpoint.HfWriter;
import lethe.model.checkpoint.ModelOrigin;
import lethe.model.checkpoint.NamedShape;
import lethe.model.checkpoint.SafetensorsWriter;
import lethe.model.checkpoint.TensorSource;
import lethe.settings.InvalidSettings;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.hadoop.fs.Path;

/**
 * Writes an adapter as PEFT lays it out, in float32. adapter_config.json is deleted first and
 * written last, so a reader sees a complete adapter or none.
 *
 * @param target folder to write; files of another model in it are replaced
 * @param files to write with
 */
public record PeftWriter(Path target, Files files) {

  /**
   * Writes the whole folder.
   *
   * @param network the base with the adapter
   * @param tensors A and B, under the names of the network
   * @param base where the base model is
   * @param made what the adapter was made from, with the base's fingerprint
   * @throws IllegalStateException when a value is not finite
   * @throws java.io.UncheckedIOException when a file cannot be written; the folder then has no
   *     adapter_config.json
   */
  public void write(
      AdaptedNetwork network, TensorSource tensors, String base, ModelOrigin.Inputs made) {
    if (files.qualified(target).equals(files.qualified(new Path(base)))) {
      throw new InvalidSettings(
          "Cannot write an adapter to %s: its base model is read from there; name another folder"
              .formatted(target));
    }
    HfWriter.clear(target, files);
    Map<String, String> names = new HashMap<>();
    List<NamedShape> stored =
        network.tensors().stream()
            .map(tensor -> new NamedShape(PeftFolder.PREFIX + tensor.name(), tensor.shape()))
            .toList();
    network.tensors().forEach(t -> names.put(PeftFolder.PREFIX + t.name(), t.name()));
    String weights =
        new SafetensorsWriter(files, Dtype.FLOAT32)
            .write(
                new Path(target, PeftFolder.WEIGHTS),
                stored,
                (name, from, to, offset, count) ->
                    tensors.read(names.get(name), from, to, offset, count));
    byte[] config = (Files.json(config(network, base)) + "\n").getBytes(StandardCharsets.UTF_8);
    files.writeJson(
        new Path(target, ModelOrigin.FILE),
        ModelOrigin.of(
            made,
            Map.of(PeftFolder.WEIGHTS, weights, PeftFolder.CONFIG, DigestUtils.sha256Hex(config))));
    files.write(new Path(target, PeftFolder.CONFIG), config);
  }

  /** A folder of this machine as PEFT takes it, without the scheme. */
  private static String plain(String folder) {
    return folder.startsWith("file:") ? new Path(folder).toUri().getPath() : folder;
  }

  /** The members that every version of PEFT knows; an older one refuses those that it does not. */
  private static ObjectNode config(AdaptedNetwork network, String base) {
    Adapter adapter = network.adapter();
    ObjectNode config = Json.MAPPER.createObjectNode();
    config.put("peft_type", "LORA").put("task_type", "CAUSAL_LM").putNull("auto_mapping");
    config
        .put("base_model_name_or_path", plain(base))
        .putNull("revision")
        .put("inference_mode", true);
    config.put("r", adapter.rank()).put("lora_alpha", adapter.alpha());
    if (adapter.alpha() == Math.rint(adapter.alpha())) {
      config.put("lora_alpha", (long) adapter.alpha()); // PEFT's own type
    }
    List<String> targets =
        adapter.targets().equals(List.of(Adapter.ALL_LINEAR))
            ? network.lastNames()
            : adapter.targets();
    config.set("target_modules", Json.MAPPER.valueToTree(targets));
    config.put("lora_dropout", 0.0).put("fan_in_fan_out", network.base().byInput());
    config.put("bias", "none").put("use_rslora", adapter.rankStabilized());
    config.putNull("modules_to_save").put("init_lora_weights", true);
    config.putNull("layers_to_transform").putNull("layers_pattern");
    config.putObject("rank_pattern");
    config.putObject("alpha_pattern");
    config.put("use_dora", false);
    return config;
  }
}
