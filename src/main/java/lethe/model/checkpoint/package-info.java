/**
 * Files of a Hugging Face model: config.json, safetensors, their header and data types. Reads and
 * writes tensors by name, a range at a time, and is independent of networks.
 */
package lethe.model.checkpoint;
