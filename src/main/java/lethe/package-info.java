/** The few files that join the layers: the command line, and the order of the stages. */
package lethe;
