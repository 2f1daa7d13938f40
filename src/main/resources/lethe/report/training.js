// The training, step by step.
// The forget loss on the way to its target, where a target ended the training.
function wayToTarget() {
  const stop = data.stop;
  if (!stop || !stop.probes.length) return null;
  const names = Object.keys(stop.targets);
  const xs = stop.probes.map((p) => p.step);
  const many = names.length > 1;
  const series = [
    ["forget, steering half", stop.probes.map((p) => p.nll), stop.target],
    ...(many ? names.map((d) => [d, stop.probes.map((p) => p.domains[d]), stop.targets[d]]) : []),
  ];
  const end = (values) => number(values[values.length - 1], 2);
  const said = series
    .map(([name, values, target]) => `${name} ${number(values[0], 2)} to ${end(values)}, target ${number(target, 2)}`)
    .join("; ");
  page.append(
    el(
      "p",
      {},
      `Training ended after ${whole(stop.steps)} of at most ${whole(stop.most_steps)} steps; the weights of step ` +
        `${whole(stop.best_step)} were kept. ` +
        "The steering half of the documents decided it; the verdict comes from the judging half." +
        (many ? " Domains are weighed so that they arrive together, and each ends at its own target." : ""),
    ),
  );
  return figure(
    "Forget loss, steering half",
    `Forget loss of the probes, chunks of the half of the documents that steers, in nats per token. ${said}.`,
    null,
    ["step", ...series.flatMap(([name]) => [name]), ...(many ? names.map((d) => `weight ${d}`) : [])],
    stop.probes.map((p, i) => [
      whole(p.step),
      ...series.map(([, values]) => number(values[i], 3)),
      ...(many ? names.map((d) => number(p.weights[d], 2)) : []),
    ]),
    () => {
      const c = lines(
        xs,
        series.map(([name]) => name),
        series.map(([, values]) => values),
        axis("step", { ticks: { precision: 0 } }),
        axis("nats per token"),
      )();
      series.forEach(([name, , target], i) => {
        c.data.datasets[i].pointRadius = 3;
        c.data.datasets.push({
          label: `target ${name}`,
          data: [
            { x: xs[0], y: target },
            { x: xs[xs.length - 1], y: target },
          ],
          borderColor: c.data.datasets[i].borderColor,
          backgroundColor: c.data.datasets[i].borderColor,
          borderWidth: 1,
          borderDash: [2, 3],
          pointRadius: 0,
        });
      });
      return c;
    },
  );
}

// What is known of labels that were made before training.
function storedLabels(made) {
  return (
    `Labels were made once before training (${made.labels}): ${whole(made.positions)} positions, loss ${number(made.nll, 3)} as they were ` +
    `made. ${number(made.rest_mean, 4)} of the probability, at most ${number(made.rest_most, 3)}, is on tokens that are not told apart, ` +
    `which hides ${number(made.error_mean, 4)} nats a token of the original's divergence from the labels.`
  );
}

// How the learning rate was found, where a range test did.
function rangeTest() {
  const test = data.range_test;
  if (!test || typeof test.rate !== "number") return null;
  const points = test.curve.points;
  const xs = points.slice(1).map((p) => p.learning_rate);
  const roles = [...new Set(points.flatMap((p) => Object.keys(p.losses)))].filter((r) => !/[.]forget$|^forget/.test(r));
  const nlls = points.slice(1).map((p) => p.nll);
  page.append(
    el(
      "p",
      {},
      `The learning rate, ${test.rate.toExponential(2)}, was found by a range test of ${whole(points.length - 1)} steps: ${test.finding}. ` +
        "Then training began anew.",
    ),
  );
  return figure(
    "Range test",
    `Forget loss of the steering half while the learning rate rises from ${xs[0].toExponential(1)} to ${xs[xs.length - 1].toExponential(1)}: ` +
      `${number(points[0].nll, 2)} to ${number(nlls[nlls.length - 1], 2)}, target ${number(test.curve.target, 2)}.`,
    null,
    ["rate", "sum of rates", "forget loss", ...roles],
    points.map((p) => [
      p.learning_rate.toExponential(2),
      p.sum_of_rates.toExponential(2),
      number(p.nll, 3),
      ...roles.map((r) => number(p.losses[r], 4)),
    ]),
    () => {
      const c = lines(xs, ["forget, steering half"], [nlls], axis("learning rate", {
        type: "logarithmic",
        ticks: { callback: (v) => (/^[125]e/.test(v.toExponential()) ? v.toExponential() : "") },
      }), axis("nats per token"))();
      c.data.datasets[0].pointRadius = 3;
      c.data.datasets.push({
        label: "target",
        data: [xs[0], xs[xs.length - 1]].map((x) => ({ x, y: test.curve.target })),
        borderColor: colour("--target"),
        backgroundColor: colour("--target"),
        borderWidth: 1,
        borderDash: [2, 3],
        pointRadius: 0,
      });
      return c;
    },
  );
}

function training() {
  const t = data.training;
  if (!t || !t.curve.length) return;
  page.append(
    heading("Training"),
    el(
      "p",
      { class: "soft" },
      `${whole(t.steps)} steps in ${whole(Math.round(t.seconds))} s, ${whole(t.tokens)} processed tokens; ` +
        (t.restarts ? `${t.restarts} restarts after faults, nothing lost.` : "no restart."),
    ),
  );
  const xs = t.curve.map((s) => s.step);
  const finite = (v) => (typeof v === "number" && Number.isFinite(v) ? v : null);
  const roles = [...new Set(t.curve.flatMap((s) => Object.keys(s.losses)))];
  const losses = roles.map((r) => t.curve.map((s) => finite(s.losses[r])));
  const norms = [t.curve.map((s) => finite(s.grad_norm))];
  const sides = ["forget_grad_norm", "retain_grad_norm", "grad_cosine"].map((key) => t.curve.map((s) => finite(s[key])));
  const lastOf = (v) => number(v[v.length - 1], 2);
  const grid = el("div", { class: "grid" });
  const way = wayToTarget();
  if (way) grid.append(way);
  if (data.stored_labels) page.append(el("p", {}, storedLabels(data.stored_labels)));
  const found = rangeTest();
  if (found) grid.append(found);
  grid.append(
    figure(
      "Terms by step",
      "Mean of each term by step. From first to last: " +
        roles.map((r, i) => `${r} ${number(losses[i][0], 2)} to ${lastOf(losses[i])}`).join("; ") +
        ".",
      "What each step minimises, averaged over its own examples. The forget term is not a forget loss: its sign and scale are those of " +
        "the method.",
      ["step", ...roles],
      xs.map((x, i) => [whole(x), ...losses.map((l) => number(l[i], 4))]),
      lines(xs, roles, losses, axis("step", { ticks: { precision: 0 } }), axis("mean of the term")),
    ),
    figure(
      "Gradient norm by step",
      `Global gradient norm before clipping, from ${number(norms[0][0], 2)} to ${lastOf(norms[0])}.`,
      null,
      ["step", "norm", "rate"],
      t.curve.map((s) => [whole(s.step), number(finite(s.grad_norm), 4), String(s.learning_rate)]),
      lines(xs, ["gradient norm"], norms, axis("step", { ticks: { precision: 0 } }), axis("norm", { beginAtZero: true }), ["--c3"]),
    ),
  );
  const told = sides[2].filter((cosine) => cosine !== null);
  if (told.length) {
    const removed = t.curve.filter((s) => s.grad_projected).length;
    grid.append(
      figure(
        "Forgetting against keeping",
        `Cosine of the gradients of what is forgotten and what is kept, from ${number(Math.min(...told), 2)} to ` +
          `${number(Math.max(...told), 2)}; below 0 each step of one undoes some of the other.` +
          (removed ? ` The conflicting part was taken off in ${whole(removed)} of the ${whole(t.curve.length)} steps shown.` : ""),
        null,
        ["step", "forget norm", "retain norm", "cosine"],
        xs.map((x, i) => [whole(x), number(sides[0][i], 4), number(sides[1][i], 4), number(sides[2][i], 4)]),
        lines(xs, ["cosine"], [sides[2]], axis("step", { ticks: { precision: 0 } }), axis("cosine", { min: -1, max: 1 })),
      ),
    );
  }
  page.append(grid);
}

// Every figure of the models that unlearning kept on its way, from the original to the unlearned one.
function overTraining() {
  const o = data.over_training;
  if (!o) return;
  const step = (n) => (n === 0 ? "original" : n === o.end ? `${whole(n)}, unlearned` : whole(n));
  const of = (metric, where) => o.curves.filter((c) => metric.test(c.metric) && c.domain === ALL && where(c));
  const told = (name, values, digits) => `${name} ${values.map((v) => number(v, digits)).join(", ")}`;
  const chart = (title, caption, curves, name, y, target) => {
    if (!curves.length) return null;
    const names = curves.map(name);
    const values = curves.map((c) => c.values);
    return figure(
      title,
      `${caption} After ${o.steps.map(whole).join(", ")} steps: ${names.map((n, i) => told(n, values[i], 2)).join("; ")}.`,
      caption,
      ["step", ...names],
      o.steps.map((n, k) => [step(n), ...values.map((v) => number(v[k], 3))]),
      () => {
        const c = lines(o.steps, names, values, axis("step", { ticks: { precision: 0 } }), y)();
        for (const set of c.data.datasets) set.pointRadius = 3;
        if (typeof target === "number")
          c.data.datasets.push({
            label: "target of forget",
            data: [o.steps[0], o.steps[o.steps.length - 1]].map((x) => ({ x, y: target })),
            borderColor: colour("--target"),
            backgroundColor: colour("--target"),
            borderWidth: 1,
            borderDash: [2, 3],
            pointRadius: 0,
          });
        return c;
      },
    );
  };
  const bySplit = (a, b) => place(a.split) - place(b.split);
  const everywhere = () => true;
  page.append(
    heading("Over the training"),
    el(
      "p",
      { class: "soft" },
      `Models that unlearning kept on its way, after ${o.steps.filter((n) => n && n !== o.end).map(whole).join(", ") || "the same"} steps, scored ` +
        "as the others are: what a shorter or a longer training would have given" +
        (o.end && o.steps.some((n) => n > o.end) ? `; those after step ${whole(o.end)} were left behind.` : "."),
    ),
    el(
      "div",
      { class: "grid" },
      [
        chart(
          "Loss by split over the training",
          "Loss of all documents in nats per token.",
          of(/^scores[.]nll$/, everywhere).sort(bySplit),
          (c) => c.split,
          axis("nats per token"),
          targetOf(ALL),
        ),
        chart(
          "Distance to the retrained model over the training",
          "Mean divergence of predictions from the retrained model's, in nats per token.",
          of(/^truths[.]divergence$/, everywhere).sort(bySplit),
          (c) => c.split,
          axis("nats per token", { beginAtZero: true }),
        ),
        chart(
          "Membership over the training",
          "AUC of forget against approximate text, by the scores that the gate looks at; 0.5 is chance.",
          of(/^membership[.](loss|zlib|min-k-20|min-k-plus-plus-20)[.]auc$/, (c) => c.split === "forget"),
          (c) => c.metric.split(".")[1],
          axis("AUC", { min: 0, max: 1 }),
        ),
      ].filter((f) => f),
    ),
    el(
      "details",
      {},
      el("summary", {}, "Every figure over the training"),
      table(
        ["figure", "split", "domain", ...o.steps.map(step)],
        o.curves.map((c) => ({
          className: c.domain === ALL ? "all" : "",
          cells: [c.metric, c.split, c.domain === ALL ? "all" : c.domain, ...c.values.map((v) => number(v, 3))],
        })),
      ),
    ),
  );
}
