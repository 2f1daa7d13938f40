/** The order of the stages. They meet only in the run folder; a finished stage is not run again. */
package lethe.pipeline;
