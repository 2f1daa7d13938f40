package lethe.train.gradient;

import java.util.List;
import lethe.objective.Role;

/** Whether the gradients of forget terms and retain terms travel separately. */
public enum GradientMode {
  /** They are added on the worker, and one vector travels. */
  SUMMED,
  /** Two vectors travel; the driver compares them and adds them. */
  SEPARATE,
  /**
   * The same, but the part of the first that conflicts with the second is removed before they are
   * added.
   */
  PROJECTED;

  /** This mode if a method has terms of both kinds; with one kind there is nothing to separate. */
  public GradientMode of(List<Role> roles) {
    int forgetting = forgetting(roles);
    return forgetting == 0 || forgetting == roles.size() ? SUMMED : this;
  }

  /** Number of vectors that travel. */
  public int parts() {
    return this == SUMMED ? 1 : 2;
  }

  /**
   * The roles whose gradients make up each part, forget roles before retain roles.
   *
   * @param roles in the order of a shard's rows: forget roles first
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
    return (int) roles.stream().takeWhile(Role::forgets).count();
  }
}
