// What the sections of a run's report look up in its data, and the headings they begin with.
const ALL = "*";
const ORDER = ["forget", "earlier", "approximate", "retain", "general", "holdout"];
const models = data.models.map((m) => m.name);
const others = models.filter((m) => m !== "original");
const splits = [...new Set(data.scores.map((s) => s.split))].sort((a, b) => place(a) - place(b));
function place(split) {
  const i = ORDER.indexOf(split);
  return i < 0 ? ORDER.length : i;
}
function score(model, split, domain) {
  return data.scores.find((s) => s.model === model && s.split === split && s.domain === domain);
}
function domains(split) {
  return [...new Set(data.scores.filter((s) => s.split === split && s.domain !== ALL).map((s) => s.domain))].sort();
}
function targetOf(domain) {
  if (!data.target) return null;
  return domain === ALL ? data.target.nll : (data.target.domains[domain] ?? null);
}
// A heading that the contents link to.
const contents = [];
function heading(text) {
  const id = text.toLowerCase().replace(/[^a-z]+/g, "-").replace(/-$/, "");
  contents.push(el("li", {}, el("a", { href: "#" + id }, text)));
  return el("h2", { id }, text);
}
function at(object, path) {
  return path.split(".").reduce((o, key) => (o === null || o === undefined ? undefined : o[key]), object);
}
