// Draws the charts of the page. Colours are variables of the style sheet, so
// that a chart follows the theme and the printer without being drawn again.
(() => {
  "use strict";
  const { Plot, Force } = globalThis;
  const charts = new Map(JSON.parse(document.getElementById("charts").textContent).map((c) => [c.id, c]));
  const series = Array.from({ length: 8 }, (_, i) => `var(--c${i + 1})`);
  const number = new Intl.NumberFormat("en-US");
  const money = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD", maximumFractionDigits: 2 });
  const clock = (zone) => new Intl.DateTimeFormat("en-GB", { timeZone: zone, month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const utc = clock("UTC");
  // moment names a tick of an axis as finely as the time it covers needs.
  function moment(length, zone = "UTC") {
    const iso = (t) => new Date(t).toISOString();
    if (length < 20 * 60e3 && zone !== "UTC") {
      const seconds = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", second: "2-digit" });
      return (t) => seconds.format(t);
    }
    if (length < 2e3) return (t) => iso(t).slice(11, 23);
    if (length < 15e3) return (t) => iso(t).slice(11, 21);
    if (length < 20 * 60e3) return (t) => iso(t).slice(11, 19);
    const time = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit" });
    if (length < 36 * 3600e3) return (t) => time.format(t);
    const date = new Intl.DateTimeFormat("en-GB", { timeZone: zone, month: "short", day: "numeric" });
    return (t) => (length < 4 * 24 * 3600e3 ? `${date.format(t)} ${time.format(t)}` : date.format(t));
  }
  // inner leaves out the names of ticks that would stand out at the sides.
  const inner = (from, to, width) => (t) => (Math.min(t - from, to - t) / (to - from) * width < 28 ? "" : moment(to - from)(t));
  // apart keeps words of strangers from turning the text around them.
  const apart = (words) => `\u2068${words}\u2069`;
  const narrow = (width) => width < 520;
  const plural = (n, one, many) => (n === 1 ? `1 ${one}` : `${number.format(n)} ${many}`);

  function plot(width, options) {
    const svg = Plot.plot({ className: "drawing", width, ...options });
    for (const style of svg.querySelectorAll("style")) style.remove(); // the page's own says it
    svg.setAttribute("aria-hidden", "true"); // the box around it has the name
    return svg;
  }

  // tip tells of the mark nearest to the pointer or the finger.
  const tip = (data, pointer, options) => Plot.tip(data, pointer({ lineHeight: 1.35, textPadding: 10, stroke: "var(--quiet)", fill: "var(--card)", ...options }));

  // clipped shortens words to so many pixels, of the font charts are set in.
  const ruler = document.createElement("canvas").getContext("2d");
  ruler.font = `12px ${getComputedStyle(document.body).fontFamily}`;
  const measure = (words) => ruler.measureText(words).width;
  function clipped(words, pixels) {
    if (measure(words) <= pixels) return words;
    let letters = Array.from(words);
    while (letters.length > 1 && measure(letters.join("") + "…") > pixels) letters = letters.slice(0, -1);
    return letters.join("").trimEnd() + "…";
  }

  // rowed lays out bars with a name before and a text behind each.
  function rowed(rows, width, texts) {
    const right = 12 + Math.max(...texts.map(measure));
    const left = Math.min(12 + Math.max(...rows.map((d) => measure(d.name))), Math.max(90, width * (narrow(width) ? 0.36 : 0.34)));
    return {
      left,
      options: { height: rows.length * 26 + 8, marginLeft: left, marginRight: right, marginTop: 2, marginBottom: 6, x: { axis: null }, y: { axis: null, domain: rows.map((_, i) => i), padding: 0.3 } },
      names: Plot.text(rows, { frameAnchor: "left", y: (_, i) => i, text: (d) => apart(clipped(d.name, left - 10)), textAnchor: "end", dx: -8, title: (d) => d.name }),
    };
  }

  function bars({ bars: rows, unit }, width) {
    const texts = rows.map((d) => (narrow(width) ? d.text.split(" · ")[0] : d.text));
    const { options, names } = rowed(rows, width, texts);
    return plot(width, {
      ...options,
      marks: [
        Plot.barX(rows, { x1: 0, x2: "value", y: (_, i) => i, fill: (d) => (d.value < 0 ? "var(--c2)" : "var(--c1)"), rx: 3, title: (d) => `${apart(d.name)}\n${d.text} ${unit}` }),
        names,
        Plot.text(rows, { x: (d) => Math.max(d.value, 0), y: (_, i) => i, text: (_, i) => texts[i], textAnchor: "start", dx: 6, fill: "var(--quiet)" }),
      ],
    });
  }

  function columns(rows, width) {
    const all = rows.map((d, i) => ({ ...d, i, middle: i + 0.5 }));
    return plot(width, {
      height: 230, marginLeft: 48, marginBottom: 24, marginTop: 12, marginRight: 4,
      x: { domain: [0, 24], label: null, tickSize: 0, ticks: narrow(width) ? [0, 6, 12, 18] : [0, 3, 6, 9, 12, 15, 18, 21], tickFormat: (i) => rows[i].name },
      y: { grid: true, label: null, ticks: 4, nice: true },
      marks: [
        Plot.rect(all, { x1: (d) => d.i + 0.1, x2: (d) => d.i + 0.9, y1: 0, y2: "value", fill: (d) => (d.n < 3 ? "var(--h2)" : "var(--c1)"), rx: 2 }),
        Plot.ruleY([0], { stroke: "var(--quiet)" }),
        tip(all, Plot.pointerX, { x: "middle", y: "value", title: (d) => `${d.name}\n${plural(d.value, "person", "people")} on average\n${plural(d.n, "Space", "Spaces")}` }),
      ],
    });
  }

  function ranges(rows, width) {
    const texts = rows.map((d) => d.text);
    const { options, names } = rowed(rows, width, texts);
    const least = (Math.max(...rows.map((d) => d.high)) || 1) / 150; // to be seen at all
    return plot(width, {
      ...options,
      marks: [
        Plot.ruleX([0], { stroke: "var(--line)" }),
        Plot.barX(rows, { x1: 0, x2: (d) => Math.max(d.high, least), y: (_, i) => i, fill: "var(--h1)", rx: 3 }),
        Plot.barX(rows, { x1: 0, x2: (d) => (d.low ? Math.max(d.low, least) : 0), y: (_, i) => i, fill: "var(--c1)", rx: 3 }),
        names,
        Plot.text(rows, { x: "high", y: (_, i) => i, text: (_, i) => texts[i], textAnchor: "start", dx: 6, fill: "var(--quiet)" }),
      ],
    });
  }

  const dayLength = 24 * 3600 * 1000;
  function days({ days: rows, budget }, width) {
    const all = rows.map((d) => ({ ...d, at: Date.parse(`${d.name}T00:00:00Z`) }));
    const half = dayLength * 0.4; // of a bar, which stands over its day's name
    const end = all.at(-1).at + half, begin = Math.min(all[0].at - half, end - 14 * dayLength); // few days are no walls
    return plot(width, {
      height: 220, marginLeft: 56, marginBottom: 30,
      x: { type: "utc", domain: [begin, end], label: null, ticks: Math.max(2, Math.min(14, Math.floor(width / 70))), tickFormat: moment(Infinity) },
      y: { grid: true, label: null, tickFormat: (d) => money.format(d), ticks: 4, domain: [0, Math.max(budget, ...all.map((d) => d.high)) || 1] },
      marks: [
        Plot.rect(all, { x1: (d) => d.at - half, x2: (d) => d.at + half, y1: 0, y2: "high", fill: "var(--h1)", rx: 3 }),
        Plot.rect(all, { x1: (d) => d.at - half, x2: (d) => d.at + half, y1: 0, y2: "low", fill: "var(--c1)", rx: 3 }),
        budget ? Plot.ruleY([budget], { stroke: "var(--bad)", strokeDasharray: "5 4", strokeWidth: 1.5 }) : null,
        Plot.ruleY([0], { stroke: "var(--quiet)" }),
        tip(all, Plot.pointerX, { x: "at", y: "high", title: (d) => `${d.name}\n${d.text}` }),
      ],
    });
  }

  function timeline({ lanes, bins, waits }, width) {
    const from = Math.min(...bins.map((b) => b.first), ...waits.map((w) => w.first));
    const to = Math.max(...bins.map((b) => b.last), ...waits.map((w) => w.last), from + 1);
    const most = Math.max(...bins.map((b) => b.n));
    const least = Math.max(1, Math.ceil(((to - from) / width) * 2)); // two pixels, in whole milliseconds as dates are
    const top = (d) => d.lane + 0.48, bottom = (d) => d.lane + 0.96, middle = (d) => d.lane + 0.72;
    const tips = [
      ...bins.map((b) => ({ lane: b.lane, x: (b.first + b.last) / 2, text: `${utc.format(b.first)} UTC\n${plural(b.n, "page", "pages")}${b.repeated ? `, ${number.format(b.repeated)} tried again` : ""}${b.refused ? `, ${number.format(b.refused)} refused` : ""}` })),
      ...waits.map((w) => ({ lane: w.lane, x: (w.first + w.last) / 2, text: `waited ${number.format((w.last - w.first) / 1000)} s\nuntil ${utc.format(w.last)} UTC` })),
    ];
    return plot(width, {
      height: lanes.length * 44 + 34, marginLeft: 2, marginRight: 8, marginTop: 0, marginBottom: 30,
      x: { type: "utc", domain: [from - (to - from) * 0.005, to + (to - from) * 0.005], label: null, ticks: Math.max(2, Math.floor(width / 120)), tickFormat: inner(from, to, width) },
      y: { axis: null, domain: [lanes.length, 0] },
      marks: [
        Plot.gridX({ ticks: Math.max(2, Math.floor(width / 120)), strokeOpacity: 0.12 }),
        Plot.rect(lanes, { x1: from, x2: to, y1: (_, i) => i + 0.48, y2: (_, i) => i + 0.96, fill: "var(--sunk)", rx: 3 }),
        Plot.rect(waits, { x1: "first", x2: "last", y1: top, y2: bottom, fill: "var(--wait)" }),
        Plot.rect(bins, { x1: "first", x2: (b) => Math.max(b.last, b.first + least), y1: top, y2: bottom, fill: "var(--c1)", fillOpacity: (b) => 0.45 + 0.55 * Math.sqrt(b.n / most) }),
        Plot.dot(bins.filter((b) => b.refused), { x: "last", y: middle, r: 4, fill: "var(--bad)", stroke: "var(--card)" }),
        Plot.text(lanes, { frameAnchor: "left", y: (_, i) => i + 0.28, text: (d) => apart(clipped(d, width - 10)), textAnchor: "start", fontWeight: 550 }),
        tip(tips, Plot.pointer, { x: "x", y: middle, title: "text", maxRadius: 24 }),
      ],
    });
  }

  function lines({ hours, zone, lines: all }, width) {
    const points = all.flatMap((l, i) => l.points.map(([x, n]) => ({ i, x, n, name: l.name })));
    const when = (x) => (hours ? `${x.toFixed(1)} hours after it began` : `${clock(zone).format(x)} ${zone}`);
    const [low, high] = [Math.min(...points.map((p) => p.n)), Math.max(...points.map((p) => p.n))];
    const zero = all.length === 1 || low < high / 2;
    const few = all.every((l) => l.points.length < 60);
    const svg = plot(width, {
      height: narrow(width) || all.length === 1 ? 260 : 360, marginLeft: 52, marginBottom: hours ? 38 : 30, marginTop: 12, marginRight: 12,
      x: { type: hours ? "linear" : "utc", label: hours ? "hours since each began" : null, labelArrow: "none", ticks: Math.max(2, Math.floor(width / (hours || !narrow(width) ? 110 : 170))), tickFormat: hours ? undefined : moment(Math.max(...points.map((p) => p.x)) - Math.min(...points.map((p) => p.x)), zone) },
      y: { grid: true, label: null, zero, ticks: 5, nice: true },
      color: { type: "ordinal", domain: all.map((_, i) => i), range: series },
      marks: [
        zero ? Plot.ruleY([0], { stroke: "var(--quiet)" }) : null,
        Plot.lineY(points, { x: "x", y: "n", z: "i", stroke: "i", strokeWidth: 2, strokeLinejoin: "round" }),
        few ? Plot.dot(points, { x: "x", y: "n", fill: "i", r: 2.6, stroke: "var(--card)", strokeWidth: 1 }) : null,
        tip(points, Plot.pointer, { x: "x", y: "n", title: (d) => `${all.length > 1 ? `${apart(clipped(d.name, 220))}\n` : ""}${plural(d.n, "person", "people")}\n${when(d.x)}` }),
      ],
    });
    if (all.length === 1) return svg;
    const legend = document.createElement("ul");
    legend.className = "legend";
    all.forEach((l, i) => {
      const item = document.createElement("li"), key = document.createElement("span"), name = document.createElement("bdi");
      key.className = `key k-${(i % 8) + 1}`;
      name.className = "name";
      name.textContent = l.name;
      item.append(key, name);
      legend.append(item);
    });
    const both = document.createDocumentFragment();
    both.append(svg, legend);
    return both;
  }

  const weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
  function week(hours, width) {
    const most = Math.max(...hours.map((h) => h.n));
    const count = new Map(hours.map((h) => [`${h.day} ${h.hour}`, h.n]));
    const cells = weekdays.flatMap((_, d) => Array.from({ length: 24 }, (_, hour) => ({ day: d + 1, hour, n: count.get(`${d + 1} ${hour}`) ?? 0 })));
    const heat = (n) => `var(--h${n === 0 ? 0 : Math.max(1, Math.ceil(Math.sqrt(n / most) * 5))})`;
    const labelled = !narrow(width) && most < 100 && width > 620;
    return plot(width, {
      height: 7 * Math.min(34, Math.max(20, width / 22)) + 24, marginLeft: 36, marginBottom: 24, marginTop: 0, marginRight: 0, padding: 0.08,
      x: { label: null, tickSize: 0, ticks: [0, 3, 6, 9, 12, 15, 18, 21], tickFormat: (h) => `${String(h).padStart(2, "0")}h` },
      y: { label: null, tickSize: 0, tickFormat: (d) => weekdays[d - 1] },
      marks: [
        Plot.cell(cells, { x: "hour", y: "day", fill: (d) => heat(d.n), rx: 2 }),
        labelled ? Plot.text(cells.filter((d) => d.n), { x: "hour", y: "day", text: "n", fill: (d) => (d.n / most > 0.6 ? "var(--card)" : "var(--text)"), fontSize: 11 }) : null,
        tip(cells, Plot.pointer, { x: "hour", y: "day", title: (d) => `${weekdays[d.day - 1]} ${String(d.hour).padStart(2, "0")}:00\n${plural(d.n, "Space", "Spaces")}` }),
      ],
    });
  }

  // laid places the people of a network; the same data, the same places.
  function laid({ nodes, edges }, width, height) {
    const people = nodes.map((n) => ({ ...n, r: (4 + 2.2 * Math.sqrt(n.spaces)) * (narrow(width) ? 0.7 : 1) }));
    const ties = edges.map((e) => ({ ...e }));
    const most = Math.max(...ties.map((t) => t.n));
    Force.forceSimulation(people)
      .force("tie", Force.forceLink(ties).id((n) => n.id).distance(46).strength((t) => 0.08 + 0.3 * (t.n / most)))
      .force("apart", Force.forceManyBody().strength(-width / 4).distanceMax(width / 2))
      .force("x", Force.forceX(0).strength(0.09 * Math.min(1, height / width)))
      .force("y", Force.forceY(0).strength(0.09 * Math.min(1, width / height)))
      .force("touch", Force.forceCollide((n) => n.r + 2))
      .stop().tick(320);
    const spread = (key, size, margin) => {
      const low = Math.min(...people.map((n) => n[key])), high = Math.max(...people.map((n) => n[key]));
      for (const n of people) n[key] = margin + (high > low ? (n[key] - low) / (high - low) : 0.5) * (size - 2 * margin);
    };
    spread("x", width, narrow(width) ? 22 : 48);
    spread("y", height, 24);
    return { people, ties, most };
  }

  // named are the people whose names find room, those with most Spaces first.
  function named(people, width) {
    const taken = [], chosen = [];
    for (const n of [...people].sort((a, b) => b.spaces - a.spaces || b.ties - a.ties)) {
      const half = measure(n.name) / 2 + 3;
      const free = (box) => box[0] > 0 && box[2] < width && box[1] > 0 &&
        people.every((o) => o === n || o.x + o.r < box[0] || o.x - o.r > box[2] || o.y + o.r < box[1] || o.y - o.r > box[3]) &&
        taken.every((t) => box[2] < t[0] || box[0] > t[2] || box[3] < t[1] || box[1] > t[3]);
      const middle = [n.y + n.r + 8, n.y - n.r - 8].find((y) => free([n.x - half, y - 7, n.x + half, y + 7]));
      if (middle !== undefined) {
        taken.push([n.x - half, middle - 7, n.x + half, middle + 7]);
        chosen.push({ name: n.name, x: n.x, y: middle });
      }
      if (chosen.length >= (narrow(width) ? 10 : 28)) break;
    }
    return chosen;
  }

  // fewest keeps as many people as a phone has room for, those with most ties.
  function fewest({ nodes, edges }, most) {
    const kept = new Set([...nodes].sort((a, b) => b.ties - a.ties || b.spaces - a.spaces).slice(0, most).map((n) => n.id));
    return { nodes: nodes.filter((n) => kept.has(n.id)), edges: edges.filter((e) => kept.has(e.source) && kept.has(e.target)) };
  }

  function network(all, width) {
    const data = narrow(width) ? fewest(all, 26) : all;
    const height = Math.round(narrow(width) ? width * 1.25 : Math.min(620, width * 0.62));
    const { people, ties, most } = laid(data, width, height);
    return plot(width, {
      width, height, margin: 0, x: { axis: null, domain: [0, width], range: [0, width] }, y: { axis: null, domain: [0, height], range: [0, height] },
      marks: [
        Plot.link(ties, { x1: (t) => t.source.x, y1: (t) => t.source.y, x2: (t) => t.target.x, y2: (t) => t.target.y, stroke: "var(--c1)", strokeOpacity: (t) => 0.14 + 0.5 * (t.n / most), strokeWidth: (t) => 0.8 + 3.2 * ((t.n - 1) / Math.max(most - 1, 1)) }),
        Plot.dot(people, { x: "x", y: "y", r: { value: "r", scale: null }, fill: "var(--c1)", stroke: "var(--card)", strokeWidth: 1.5 }),
        Plot.text(named(people, width), { x: "x", y: "y", text: "name", stroke: "var(--card)", strokeWidth: 3, fill: "var(--text)" }),
        tip(people, Plot.pointer, { x: "x", y: "y", title: (n) => `${apart(n.name)}\n${plural(n.spaces, "Space", "Spaces")}, spoke with ${number.format(n.ties)} of these`, maxRadius: 30 }),
      ],
    });
  }

  const kinds = { bars, columns, ranges, days, timeline, lines, week, network };
  const drawn = new WeakMap();
  function draw(box, hidden = 0) {
    const width = Math.floor(box.clientWidth) || hidden;
    if (width < 40 || drawn.get(box) === width) return;
    drawn.set(box, width);
    const { kind, data } = charts.get(box.id.slice("chart-".length));
    box.replaceChildren(kinds[kind](data, width));
  }
  const watch = new ResizeObserver((entries) => { for (const entry of entries) draw(entry.target); });
  for (const box of document.querySelectorAll(".chart")) { draw(box); watch.observe(box); }

  // The page that is shown is told to screen readers, too.
  const tabs = [...document.querySelectorAll(".tab")];
  function shown() {
    for (const t of tabs) t.toggleAttribute("aria-current", false);
    const current = tabs.find((t) => document.querySelector(t.getAttribute("href")).checkVisibility());
    current?.setAttribute("aria-current", "page");
  }
  addEventListener("hashchange", shown);
  shown();

  // What is closed on the screen is open on paper, and closed again after; both
  // pages are there, also the one that was not shown and has no width.
  let opened = [];
  addEventListener("beforeprint", () => {
    for (const box of document.querySelectorAll(".chart")) draw(box, 640);
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const d of opened) d.open = true;
  });
  addEventListener("afterprint", () => { for (const d of opened) d.open = false; });
})();
