const ROW = 30;
const TALLEST = 30000000;
const SYMBOLS = {conforms: "✓", violates: "✗", undecided: "?", unsupported: "–", refused: "!", crashed: "†", hung: "∞"};
const SEVERITY = ["crashed", "hung", "violates", "refused"];
const MILD = ["conforms", "undecided", "unsupported"];
const WRONG = "wrong";
const KEYS = ["outcome", "candidate", "pass", "check", "dtype", "layout", "feature", "mismatch"];

const list = document.getElementById("list");
const sizer = document.getElementById("sizer");
const state = document.getElementById("state");
const panel = document.getElementById("panel");
const find = document.getElementById("find");
const help = document.getElementById("help");
const selects = new Map(KEYS.map((key) => [key, document.getElementById("filter-" + key)]));

let tables = null;
let chunks = [];
let loaded = 0;
let shown = new Uint32Array(0);
let count = 0;
let cursor = -1;
let opened = -1;
let wanted = {q: ""};
let standings = [];
let passing = [];
let traits = [];
const waiting = new Map();

function load(file) {
  const script = document.createElement("script");
  script.src = file;
  script.addEventListener("error", () => { state.textContent = `${file}, which belongs beside this page, could not be loaded.`; });
  script.addEventListener("load", () => script.remove());
  document.head.append(script);
}

/* What the files beside this page call. */
window.convoracle = {
  tables(text) {
    tables = JSON.parse(text);
    tables.ofValues = new Set(tables.ofValues);
    fillSelects();
    readAddress();
    prepare();
    if (tables.records) load("rows-0.js");
    else show();
  },
  rows(number, text) {
    const [cases, kinds, found, ratios] = JSON.parse(text);
    chunks[number] = {cases, starts: starts(cases, kinds.length), kinds: Uint32Array.from(kinds), traits: Uint32Array.from(found), ratios: Float32Array.from(ratios)};
    loaded += kinds.length;
    choose(number);
    if (loaded < tables.records) load(`rows-${number + 1}.js`);
    if (number === 0 || loaded >= tables.records) show();
    else tell();
    if (loaded >= tables.records || number === 0) openWanted();
  },
  verdicts(number, text) {
    const waits = waiting.get(number);
    waiting.delete(number);
    if (waits) waits(JSON.parse(text));
  },
};

function starts(text, length) {
  const found = new Uint32Array(length + 1);
  let place = 0;
  for (let row = 1; row < length; row++) {
    place = text.indexOf("\n", place) + 1;
    found[row] = place;
  }
  found[length] = text.length + 1;
  return found;
}

function at(row) {
  const chunk = chunks[Math.floor(row / tables.rows)];
  const place = row % tables.rows;
  return {
    text: chunk.cases.slice(chunk.starts[place], chunk.starts[place + 1] - 1),
    kind: tables.kinds[chunk.kinds[place]], standing: standings[chunk.kinds[place]],
    traits: tables.traits[chunk.traits[place]], ratio: chunk.ratios[place],
  };
}

/* The standing of verdicts, as the matrix counts them: one against the candidate first; where some compare values, the
   others alone do not make it conform. */
function standing(said) {
  const found = new Set(said.map((each) => tables.names[each[2]]));
  for (const outcome of SEVERITY) if (found.has(outcome)) return outcome;
  const values = new Set(said.filter((each) => tables.ofValues.has(each[0])).map((each) => tables.names[each[2]]));
  const among = values.size ? values : found;
  return MILD.find((outcome) => among.has(outcome)) || "unsupported";
}

/* Of every kind: what it comes to under the filters, and whether it is wanted; and whether each set of traits is. */
function prepare() {
  const number = (key) => (wanted[key] ? tables.names.indexOf(wanted[key]) : -1);
  const [candidate, subject, check, fault] = ["candidate", "pass", "check", "mismatch"].map(number);
  const isOf = (value, wish) => wish === -1 || value === wish;
  const missing = KEYS.some((key) => key !== "outcome" && wanted[key] && number(key) === -1);
  passing = [];
  standings = tables.kinds.map(([owner, declined, said], place) => {
    const asked = said.filter((each) => (!wanted.pass || isOf(each[1], subject)) && (!wanted.check || isOf(each[0], check)) && (!wanted.mismatch || each[3] === fault));
    const outcome = asked.length ? standing(asked) : "";
    const fits = !wanted.outcome || wanted.outcome === outcome || (wanted.outcome === WRONG && SEVERITY.includes(outcome));
    const counts = !(declined && (wanted.pass || wanted.check || wanted.outcome));
    passing[place] = !missing && asked.length > 0 && fits && counts && (!wanted.candidate || owner === candidate);
    return outcome;
  });
  const [dtype, layout, feature] = ["dtype", "layout", "feature"].map(number);
  traits = tables.traits.map((each) => (!wanted.dtype || each[0] === dtype) && (!wanted.layout || each[1] === layout) && (!wanted.feature || each[2].includes(feature)));
}

/* Add the wanted rows of one chunk to those that are shown. */
function choose(number) {
  const chunk = chunks[number];
  const first = number * tables.rows;
  const length = chunk.kinds.length;
  if (count + length > shown.length) {
    const wider = new Uint32Array(Math.max(2 * shown.length, count + length));
    wider.set(shown.subarray(0, count));
    shown = wider;
  }
  const text = wanted.q;
  let hit = text ? chunk.cases.indexOf(text) : 0;
  for (let row = 0; row < length; row++) {
    if (text) {
      if (hit === -1) return;
      if (hit >= chunk.starts[row + 1]) continue;
      if (passing[chunk.kinds[row]] && traits[chunk.traits[row]]) shown[count++] = first + row;
      hit = chunk.cases.indexOf(text, chunk.starts[row + 1]);
    } else if (passing[chunk.kinds[row]] && traits[chunk.traits[row]]) shown[count++] = first + row;
  }
}

function filter() {
  prepare();
  count = 0;
  chunks.forEach((_, number) => choose(number));
  cursor = count ? 0 : -1;
  list.scrollTop = 0;
  show();
}

function tell() {
  const many = (value) => value.toLocaleString("en");
  const rest = loaded < tables.records ? `, ${many(loaded)} read so far` : "";
  state.textContent = `${many(count)} of ${many(tables.records)} ${tables.records === 1 ? "examination" : "examinations"}${rest}`;
}

function show() {
  tell();
  sizer.style.height = `${Math.min(count * ROW, TALLEST)}px`;
  draw();
}

/* Where there are more rows than a browser scrolls over, a step of the bar is more than a row. */
function firstRow() {
  const height = Math.min(count * ROW, TALLEST);
  if (height === count * ROW) return list.scrollTop / ROW;
  const reach = Math.max(height - list.clientHeight, 1);
  return (list.scrollTop / reach) * Math.max(count - list.clientHeight / ROW, 0);
}

function draw() {
  const first = firstRow();
  const from = Math.max(Math.floor(first) - 4, 0);
  const to = Math.min(from + Math.ceil(list.clientHeight / ROW) + 10, count);
  const rows = [];
  for (let place = from; place < to; place++) rows.push(row(place, list.scrollTop + (place - first) * ROW));
  sizer.replaceChildren(...rows);
  if (cursor >= from && cursor < to) list.setAttribute("aria-activedescendant", `row-${cursor}`);
  else list.removeAttribute("aria-activedescendant");
}

function row(place, top) {
  const {text, kind, standing: outcome, ratio} = at(shown[place]);
  const element = make("div", {class: "row", role: "option", id: `row-${place}`, "aria-selected": String(place === cursor), "aria-setsize": count, "aria-posinset": place + 1});
  element.style.transform = `translateY(${top}px)`;
  const tone = kind[1] ? "none" : toneOf(outcome);
  const said = kind[1] ? "declined" : outcome;
  element.append(make("span", {class: `mark ${tone}`, "aria-hidden": "true"}, SYMBOLS[outcome] || ""), make("span", {class: `said ${tone}`}, said), make("span", {class: "who"}, tables.names[kind[0]]), make("code", {}, text), make("span", {class: "ratio"}, ratioText(ratio)));
  element.addEventListener("click", () => { cursor = place; open(shown[place]); draw(); });
  return element;
}

function ratioText(ratio) {
  if (ratio === 0) return "";
  return ratio < 0 ? "∞" : String(Number(ratio.toPrecision(3)));
}

function toneOf(outcome) {
  if (SEVERITY.includes(outcome)) return "bad";
  return {conforms: "good", undecided: "warn"}[outcome] || "none";
}

function make(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function move(to) {
  if (!count) return;
  cursor = Math.min(Math.max(to, 0), count - 1);
  const first = firstRow();
  const fits = Math.floor(list.clientHeight / ROW) - 1;
  let top = first;
  if (cursor < first) top = cursor;
  else if (cursor > first + fits) top = cursor - fits;
  if (top !== first) {
    const height = Math.min(count * ROW, TALLEST);
    const most = Math.max(count - list.clientHeight / ROW, 1);
    list.scrollTop = height === count * ROW ? top * ROW : (top / most) * (height - list.clientHeight);
  }
  draw();
  if (opened !== -1) open(shown[cursor]);
}

function open(number) {
  opened = number;
  const chunk = Math.floor(number / tables.verdicts);
  panel.hidden = false;
  document.body.classList.add("opened");
  waiting.set(chunk, (read) => { if (opened === number) tellCase(number, read); });
  load(`verdicts-${chunk}.js`);
  writeAddress();
}

function tellCase(number, read) {
  panel.replaceChildren(...told(number, read));
  panel.scrollIntoView({block: "nearest"});
}

function close() {
  opened = -1;
  panel.hidden = true;
  panel.replaceChildren();
  document.body.classList.remove("opened");
  list.focus();
  writeAddress();
}

function told(number, [patterns, records]) {
  const {text, kind, traits: [dtype, layout, features], ratio} = at(number);
  const [parts, ratios, resolutions, origin, declined] = records[number % tables.verdicts];
  const head = make("header", {}, make("button", {type: "button", class: "close", "aria-label": "Close"}, "×"), make("h2", {}, make("code", {}, text)), make("p", {}, make("b", {}, tables.names[kind[0]]), ratio ? ` · largest ratio ${ratioText(ratio)}` : ""));
  head.querySelector("button").addEventListener("click", close);
  const chips = make("p", {class: "chips"}, ...[dtype, layout, ...features].filter((each) => tables.names[each]).map((each) => make("span", {}, tables.names[each])));
  const notes = [];
  if (origin) notes.push(make("p", {class: "quiet"}, `From ${origin}.`));
  if (declined) notes.push(make("p", {class: "quiet"}, `Declined, and ${(declined - 1).toLocaleString("en")} more cases for the same reasons.`));
  return [head, chips, ...notes, verdictTable(parts, patterns, ratios, resolutions)];
}

function verdictTable(parts, patterns, ratios, resolutions) {
  const body = make("tbody", {});
  let [nextRatio, nextResolution] = [0, 0];
  for (const part of parts) {
    const isPattern = typeof part === "number";
    for (const each of isPattern ? patterns[part] : part) {
      let [check, subject, outcome, reason, resolution, ratio, fault] = each;
      if (isPattern) {
        const [own, ownResolution] = [each[5], each[6]];
        ratio = own ? ratios[nextRatio++] : 0;
        if (ownResolution) resolution = resolutions[nextResolution++];
        reason = reason.replaceAll("{resolution}", String(resolution));
        fault = null;
      }
      body.append(verdictRow(check, subject, outcome, reason, ratio, resolution, fault));
    }
  }
  const columns = ["pass", "check", "verdict", "ratio", "resolution"];
  const header = make("tr", {}, ...columns.map((name) => make("th", {scope: "col"}, name)));
  const table = make("table", {class: "plain"}, make("thead", {}, header), body);
  return make("div", {class: "scroll", role: "region", "aria-label": "Verdicts", tabindex: "0"}, table);
}

function verdictRow(check, subject, outcome, reason, ratio, resolution, fault) {
  const tone = toneOf(outcome);
  const said = make("td", {class: tone}, make("span", {"aria-hidden": "true"}, `${SYMBOLS[outcome]} `), outcome);
  if (fault) said.append(" ", make("a", {href: `../mismatches/${encodeURIComponent(fault)}/index.html`}, "why"));
  if (reason) said.append(make("small", {}, reason));
  const number = (value) => make("td", {class: "right"}, value === null ? "" : String(value));
  return make("tr", {}, make("th", {scope: "row"}, subject), make("td", {}, check), said, number(ratio || null), number(resolution));
}

function fillSelects() {
  const values = {outcome: [WRONG, ...MILD, ...SEVERITY], candidate: new Set(), pass: new Set(), check: new Set(), dtype: new Set(), layout: new Set(), feature: new Set(), mismatch: new Set()};
  for (const [candidate, , said] of tables.kinds) {
    values.candidate.add(candidate);
    for (const [check, subject, , fault] of said) {
      values.check.add(check);
      values.pass.add(subject);
      if (fault !== -1) values.mismatch.add(fault);
    }
  }
  for (const [dtype, layout, features] of tables.traits) {
    values.dtype.add(dtype);
    values.layout.add(layout);
    features.forEach((each) => values.feature.add(each));
  }
  for (const key of KEYS) {
    const names = key === "outcome" ? values.outcome : [...values[key]].map((each) => tables.names[each]).filter(Boolean).sort();
    selects.get(key).append(...names.map((name) => make("option", {value: name}, name)));
    selects.get(key).closest("label").hidden = names.length === 0;
  }
}

function readAddress() {
  const told = new URLSearchParams(location.hash.slice(1));
  wanted = {q: told.get("q") || ""};
  find.value = wanted.q;
  for (const key of KEYS) {
    const value = told.get(key) || "";
    wanted[key] = value;
    const select = selects.get(key);
    if (value && ![...select.options].some((option) => option.value === value)) select.append(make("option", {value}, value));
    select.value = value;
  }
}

function writeAddress() {
  const told = new URLSearchParams();
  for (const key of ["q", ...KEYS]) if (wanted[key]) told.set(key, wanted[key]);
  if (opened !== -1) told.set("case", String(opened));
  history.replaceState(null, "", `#${told}`);
}

function openWanted() {
  const told = Number(new URLSearchParams(location.hash.slice(1)).get("case") || NaN);
  if (opened !== -1 || !Number.isInteger(told) || told < 0 || told >= loaded) return;
  const place = shown.subarray(0, count).indexOf(told);
  if (place !== -1) move(place);
  open(told);
}

list.addEventListener("scroll", () => requestAnimationFrame(draw), {passive: true});
addEventListener("resize", draw);
addEventListener("hashchange", () => { opened = -1; panel.hidden = true; readAddress(); filter(); openWanted(); });
for (const [key, select] of selects) select.addEventListener("change", () => { wanted[key] = select.value; filter(); writeAddress(); });
let pause = 0;
find.addEventListener("input", () => {
  clearTimeout(pause);
  pause = setTimeout(() => { wanted.q = find.value.trim(); filter(); writeAddress(); }, 120);
});
document.getElementById("clear").addEventListener("click", () => {
  wanted = {q: ""};
  find.value = "";
  for (const select of selects.values()) select.value = "";
  filter();
  writeAddress();
});
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
  const target = event.target instanceof Element ? event.target : document.body;
  const isWriting = target.matches("input, select");
  if (event.key === "Escape") {
    if (isWriting) target.blur();
    else if (opened !== -1) close();
    return;
  }
  if (isWriting) return;
  const page = Math.max(Math.floor(list.clientHeight / ROW) - 1, 1);
  const isElsewhere = target.closest("a, button, summary, .panel");
  const steps = {j: cursor + 1, k: cursor - 1};
  if (!isElsewhere) Object.assign(steps, {ArrowDown: cursor + 1, ArrowUp: cursor - 1, PageDown: cursor + page, PageUp: cursor - page, Home: 0, End: count - 1});
  if (event.key in steps) move(steps[event.key]);
  else if (event.key === "Enter" && cursor !== -1 && !isElsewhere) open(shown[cursor]);
  else if (event.key === "/") find.focus();
  else if (event.key === "?") help.showModal();
  else return;
  event.preventDefault();
});
load("tables.js");
