/**
 * A run as other tools show it: TensorBoard's event files and a server of MLflow. Nothing here can
 * fail a run.
 */
package lethe.tracking;
