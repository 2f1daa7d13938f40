/**
 * What a run has shown of its model, in one file that others can check: an in-toto statement over
 * the model's files and the run's evidence, in a DSSE envelope.
 */
package lethe.certificate;
