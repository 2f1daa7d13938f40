/**
 * Encryption of what workers and the driver exchange: AES-256-GCM under the secret of one launch.
 */
package lethe.train.seal;
