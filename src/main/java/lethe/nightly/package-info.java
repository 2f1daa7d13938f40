/**
 * Night after night: takes open requests, lets a run forget what they name, and puts its model in
 * service if the gates hold.
 *
 * <p>{@link lethe.nightly.Nightly} is the order of steps. What a night does is planned first and
 * written to the ledger ({@code NightPlan}); a call that finds a plan without an outcome goes on
 * with it. The run itself is that of the room {@code pipeline}, with settings that {@code
 * NightSettings} lays over the user's. This room trains and scores nothing itself.
 */
package lethe.nightly;
