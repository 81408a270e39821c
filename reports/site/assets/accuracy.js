const SPACE = "http://www.w3.org/2000/svg";
const source = document.getElementById("data");
const KEYS = ["candidate", "pass", "dtype"];
const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [520, 320, 46, 34, 12];
const LOWEST = -16;

function make(name, attributes, text = "") {
  const element = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text) element.textContent = text;
  return element;
}

function plots({names, leastBin, leastUlps, groups}) {
  const selects = KEYS.map((key) => document.getElementById(`plot-${key}`));
  const tip = document.getElementById("tip");
  const owners = [...new Set(groups.map((group) => group[0]))];
  selects.forEach((select, axis) => {
    const values = [...new Set(groups.map((group) => names[group[axis]]))].sort();
    select.append(...values.map((value) => new Option(value, value)));
    select.addEventListener("change", () => { draw(); writeAddress(); });
  });

  function readAddress() {
    const told = new URLSearchParams(location.hash.slice(1));
    selects.forEach((select, axis) => {
      const value = told.get(KEYS[axis]) || "";
      select.value = [...select.options].some((option) => option.value === value) ? value : "";
    });
  }

  function writeAddress() {
    const told = new URLSearchParams();
    selects.forEach((select, axis) => { if (select.value) told.set(KEYS[axis], select.value); });
    history.replaceState(null, "", `#${told}`);
  }

  function chosen() {
    return groups.filter((group) => selects.every((select, axis) => !select.value || names[group[axis]] === select.value));
  }

  function draw() {
    const kept = chosen();
    document.getElementById("scatter").replaceChildren(scatter(kept), legend(kept));
    document.getElementById("histogram").replaceChildren(histogram(kept, RATIOS));
    document.getElementById("ulps").replaceChildren(histogram(kept, ULPS));
    for (const line of document.querySelectorAll("#ratios tbody tr")) {
      const cells = [...line.children].map((cell) => cell.textContent);
      line.hidden = !selects.every((select, axis) => !select.value || cells[axis] === select.value);
    }
  }

  function colour(owner) {
    return `series-${owners.indexOf(owner) % 6}`;
  }

  function legend(kept) {
    const element = document.createElement("p");
    element.className = "legend";
    for (const owner of new Set(kept.map((group) => group[0]))) {
      const item = document.createElement("span");
      const swatch = document.createElement("i");
      swatch.className = `dot ${colour(owner)}`;
      item.append(swatch, ` ${names[owner]}`);
      element.append(item);
    }
    return element;
  }

  function scatter(kept) {
    const points = kept.flatMap((group) => group[4].map((point) => [group, ...point]));
    const farthest = Math.max(1, ...points.map((point) => Math.ceil(Math.log2(point[1]))));
    const highest = Math.max(1, ...points.map((point) => Math.ceil(Math.log2(Math.max(point[2], 1e-300)))));
    const x = (terms) => LEFT + (Math.log2(terms) / farthest) * (WIDTH - LEFT - 12);
    const y = (power) => TOP + ((highest - Math.max(power, LOWEST)) / (highest - LOWEST)) * (HEIGHT - TOP - BOTTOM);
    const svg = make("svg", {viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `Ratios of ${points.length} results against their numbers of terms; the table below has the worst`});
    for (let power = LOWEST; power <= highest; power += 4) grid(svg, y(power), power === LOWEST ? "0" : powerText(power));
    for (let power = 0; power <= farthest; power += Math.max(1, Math.ceil(farthest / 6))) {
      svg.append(make("text", {class: "axis", x: x(2 ** power), y: HEIGHT - 16, "text-anchor": "middle"}, String(2 ** power)));
    }
    svg.append(make("line", {class: "bound", x1: LEFT, x2: WIDTH - 12, y1: y(0), y2: y(0)}), make("text", {class: "axis", x: WIDTH - 12, y: y(0) - 4, "text-anchor": "end"}, "bound"));
    svg.append(make("text", {class: "axis", x: WIDTH / 2, y: HEIGHT - 2, "text-anchor": "middle"}, "terms"));
    for (const [group, terms, ratio, text] of points) {
      const power = ratio > 0 ? Math.log2(ratio) : LOWEST;
      const dot = make("circle", {class: `point ${colour(group[0])}${ratio > 1 ? " over" : ""}`, cx: x(terms).toFixed(1), cy: y(power).toFixed(1), r: ratio > 1 ? 4 : 2.6});
      const told = `${names[group[0]]}, ${names[group[1]]}, ${names[group[2]]}: ratio ${ratio}, ${terms} terms, ${text}`;
      dot.append(make("title", {}, told));
      dot.addEventListener("mouseenter", () => { tip.textContent = told; });
      dot.addEventListener("click", () => { location.href = `../cases/index.html#${new URLSearchParams({candidate: names[group[0]], q: text})}`; });
      svg.append(dot);
    }
    return svg;
  }

  function grid(svg, y, text) {
    svg.append(make("line", {class: "grid-line", x1: LEFT, x2: WIDTH - 12, y1: y, y2: y}), make("text", {class: "axis", x: LEFT - 6, y: y + 3, "text-anchor": "end"}, text));
  }

  function powerText(power) {
    return power === 0 ? "1" : power < 0 ? `1/${2 ** -power}` : String(2 ** power);
  }

  const RATIOS = {
    place: 3, least: leastBin, what: "ratio", axis: "ratio up to", over: 0,
    within(power) {
      if (power === 1025) return "beyond every number";
      if (power === leastBin) return `ratio up to ${powerText(leastBin)}, most of them without any error`;
      return `ratio above ${powerText(power - 1)}, up to ${powerText(power)}`;
    },
  };
  const ULPS = {
    place: 5, least: leastUlps, what: "error", axis: "units in the last place, up to", over: Infinity,
    within(power) {
      if (power === leastUlps) return `error up to ${powerText(leastUlps)} of a unit in the last place, or none`;
      return `error above ${powerText(power - 1)}, up to ${powerText(power)} units in the last place`;
    },
  };

  function histogram(kept, {place: field, least, what, axis, over, within}) {
    const bins = new Map();
    for (const group of kept) for (const [power, many] of group[field]) bins.set(power, (bins.get(power) || 0) + many);
    const powers = [...bins.keys()];
    const highest = Math.max(0, ...powers.filter((power) => power < 1025));
    const all = [];
    for (let power = least; power <= highest; power++) all.push(power);
    if (bins.has(1025)) all.push(1025);
    const most = Math.max(1, ...bins.values());
    const total = [...bins.values()].reduce((sum, many) => sum + many, 0);
    const step = (WIDTH - LEFT - 12) / all.length;
    const svg = make("svg", {viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `How often which ${what} was met, of ${total} results; the table below has the numbers of each group`});
    const reach = HEIGHT - TOP - BOTTOM;
    for (const share of [0.25, 0.5, 0.75, 1]) grid(svg, TOP + reach * (1 - share), Math.round(share * most).toLocaleString("en"));
    all.forEach((power, place) => {
      const many = bins.get(power) || 0;
      const height = (many / most) * reach;
      const told = `${many.toLocaleString("en")} of ${total.toLocaleString("en")} results, ${within(power)}`;
      const bar = make("rect", {class: `column${power > over ? " over" : ""}`, x: LEFT + place * step + 1, y: TOP + reach - height, width: Math.max(step - 2, 1), height});
      bar.append(make("title", {}, told));
      bar.addEventListener("mouseenter", () => { tip.textContent = told; });
      svg.append(bar);
      if (place % 4 === 0 || power === 0) svg.append(make("text", {class: "axis", x: LEFT + (place + 0.5) * step, y: HEIGHT - 16, "text-anchor": "middle"}, power === 1025 ? "∞" : place === 0 ? "least" : powerText(power)));
    });
    svg.append(make("text", {class: "axis", x: WIDTH / 2, y: HEIGHT - 2, "text-anchor": "middle"}, axis));
    return svg;
  }

  readAddress();
  addEventListener("hashchange", () => { readAddress(); draw(); });
  document.getElementById("plots").hidden = false;
  draw();
}

if (source) plots(JSON.parse(source.textContent));
