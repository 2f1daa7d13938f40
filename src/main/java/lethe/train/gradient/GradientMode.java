package lethe.train.gradient;

import java.util.List;
import lethe.objective.Role;

/** Whether the gradients of the terms that forget and of those that keep travel separately. */
public enum GradientMode {
  /** They are added where they are computed, and one vector travels. */
  SUMMED,
  /** Two vectors travel; the driver compares them and adds them. */
  SEPARATE,
  /** The same, and what in the first conflicts with the second is removed before they are added. */
  PROJECTED;

  /** As far as a method has terms of both kinds: with one kind there is nothing to tell apart. */
  public GradientMode of(List<Role> roles) {
    int forgetting = forgetting(roles);
    return forgetting == 0 || forgetting == roles.size() ? SUMMED : this;
  }

  /** Vectors that travel. */
  public int parts() {
    return this == SUMMED ? 1 : 2;
  }

  /**
   * The roles whose gradients make up each part, those that forget before those that keep.
   *
   * @param roles in the order in which a shard's rows come: those that forget are first
   * @return the roles of each part
   */
  public List<List<Role>> split(List<Role> roles) {
    if (this == SUMMED) {
      return List.of(roles);
    }
    int forgetting = forgetting(roles);
    return List.of(roles.subList(0, forgetting), roles.subList(forgetting, roles.size()));
  }

  private static int forgetting(List<Role> roles) {
    return (int) roles.stream().takeWhile(role -> role.split().equals(Role.FORGET)).count();
  }
}
