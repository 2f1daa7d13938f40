/**
 * The model: Hugging Face folders ({@link lethe.model.HfFolder}), their weights ({@link
 * lethe.model.Weights}, {@link lethe.model.Safetensors}) and how they are written ({@link
 * lethe.model.HfWriter}). Knows no Spark: files stand on any Hadoop path, reached through {@link
 * lethe.folder.Files}.
 */
package lethe.model;
