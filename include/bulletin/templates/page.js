// Filters, languages, charts and tables of the bulletin. All figures are in the page; nothing is fetched.
(() => {
  "use strict";
  const data = JSON.parse(document.getElementById("data").textContent);
  const state = { lang: "zh", product: "", month: data.newest };
  const find = (id) => document.getElementById(id);
  const say = (text) => text[state.lang];
  const word = (code) => (code in data.names ? say(data.names[code]) : code in data.reasons ? say(data.reasons[code]) : code);
  const month = (day) => (day || "—").slice(0, 7);
  const isOver = (day) => data.newest_is_over && day <= data.newest;
  // Customs and order books do not end in the same month: by itself each section shows the newest of its basis.
  const newest = (section) => data.newest_by_basis[section.basis] || data.newest;
  const monthOf = (section) => (state.month === data.newest ? newest(section) : state.month);
  const yearOf = (section) => monthOf(section).slice(0, 4);

  for (const section of data.sections) {
    const { columns, rows } = section.rows;
    section.rows = rows.map((row) => Object.fromEntries(columns.map((name, place) => [name, row[place]])));
    section.figure = Object.fromEntries(section.columns.map((column) => [column.name, column]));
  }

  // Unit -> digits, what a figure is multiplied with, sign shown; and its name in a table's head and in a sentence.
  const UNITS = {
    fraction: [1, 100, false, { zh: "%", en: "%" }],
    growth: [1, 100, true, { zh: "%", en: "%" }],
    "percentage points": [1, 1, true, { zh: "个百分点", en: "pp" }],
    CNY: { zh: [1, 1e-4, false, "万元"], en: [2, 1e-6, false, "million yuan"] },
    index: [3, 1, false, { zh: "", en: "" }],
  };
  const NARROWEST = 460; // pixels, of a chart
  function unit(column) {
    const found = UNITS[column.unit] || [0, 1, false, { zh: "", en: "" }];
    return Array.isArray(found) ? [...found.slice(0, 3), say(found[3])] : found[state.lang];
  }

  function text(column, value) {
    const [digits, factor, signed] = unit(column);
    const options = { minimumFractionDigits: digits, maximumFractionDigits: digits, signDisplay: signed ? "exceptZero" : "negative" };
    return new Intl.NumberFormat("en", options).format(value * factor).replace("-", "−");
  }

  // Why there is no figure, in words.
  function reason(section, row, name) {
    if (row.hidden.includes(name)) return say(data.reasons.confidential);
    const code = row[section.reasons[name] || section.reasons["*"]];
    return code ? word(code) : say(data.reasons.missing);
  }

  function cell(section, row, name, withUnit) {
    const column = section.figure[name];
    const value = row[name];
    if (!column || column.unit === "words") return value === null || value === undefined ? "" : word(value);
    if (value === null) return withUnit ? `—（${reason(section, row, name)}）` : reason(section, row, name);
    return withUnit ? `${text(column, value)} ${unit(column)[3]}`.trim() : text(column, value);
  }

  function chosen(section) {
    const product = state.product || section.product;
    const rows = section.rows.filter((row) => row.product === product);
    if (section.shape === "members") return rows.filter((row) => row.month === monthOf(section));
    if (section.shape === "year") return rows.filter((row) => row.month.slice(0, 4) === yearOf(section));
    return rows;
  }

  // The year's months that its figures are of; undefined before any is over.
  function period(section) {
    const [from, until] = [`${yearOf(section)}-01`, `${yearOf(section)}-12`];
    const last = month(newest(section));
    return last < from ? undefined : `${from} – ${last < until ? last : until}`;
  }

  // A sentence in parts, {row.x}, {first.x}, {<member>.x} and {word} filled in; undefined when there is nothing to say.
  // What stands in [] is left out where it has no row.
  function lead(section, rows) {
    const main = section.columns.find((column) => column.unit !== "words").name;
    const named = rows.filter((row) => !["TOTAL", "COMBINED"].includes(row.member));
    const known = named.filter((row) => row[main] !== null);
    const combined = rows.find((row) => row.member === "COMBINED");
    const isWhole = !combined && known.length === named.length;
    const places = {
      row: rows.find((row) => row.month === monthOf(section) && (!section.rows_per_month || row.member === section.rows_per_month)),
      first: known[0], second: known[1], last: known[1] && known[known.length - 1], total: rows.find((row) => row.member === "TOTAL"),
    };
    for (const row of rows) if (row.member) places[row.member] ??= row;
    const list = known.map((row) => `${word(row.member)} ${cell(section, row, main, true)}`);
    const words = {
      product: word(state.product || section.product), month: month(monthOf(section)), period: period(section), count: String(named.length),
      among: say(isWhole ? data.words.among_all : data.words.among_shown),
      list: list.join(state.lang === "zh" ? "；" : "; "),
    };
    const filled = (sentence) => sentence.split(/\{([^}]+)\}/).map((part, at) => {
      const [place, name] = part.split(".");
      if (at % 2 === 0) return { text: part };
      if (!name) return words[part] === undefined ? undefined : { text: words[part] };
      const row = places[place];
      const isFigure = name in section.figure && section.figure[name].unit !== "words";
      return row && { text: cell(section, row, name, true), isFigure, isMissing: isFigure && row[name] === null };
    });
    if (section.shape !== "series" && named.length && !known.length) {
      const when = section.shape === "year" ? words.period : words.month;
      return when && [{ text: `${words.product}, ${when}: ${cell(section, named[0], main, true)}` }];
    }
    const parts = say(section.lead).split(/\[([^\]]+)\]/).flatMap((clause, at) => {
      const found = filled(clause);
      return at % 2 && found.includes(undefined) ? [] : found;
    });
    if (parts.includes(undefined)) return undefined;
    const figures = parts.filter((part) => part.isFigure);
    const missing = figures.filter((part) => part.isMissing);
    if (missing.length && missing.length === figures.length) {
      return [{ text: `${words.product}, ${words.month}: ${missing[0].text}` }];
    }
    if (combined) parts.push({ text: ` ${word("COMBINED")}: ${cell(section, combined, main, true)}${state.lang === "zh" ? "。" : "."}` });
    else if (section.shape !== "series" && named.some((row) => row.hidden.includes(main))) parts.push({ text: ` ${say(data.words.others)}` });
    const caution = (section.shape === "series" ? places.row : places.first)?.comparability_reason;
    if (caution) parts.push({ text: ` ${say(data.words.caution)}${word(caution)}` });
    return parts;
  }

  function showLead(section, rows) {
    const parts = lead(section, rows) || [{ text: say(data.words.none) }];
    const paragraph = Object.assign(document.createElement("p"), { className: "lead" });
    for (const part of parts) {
      paragraph.append(part.isFigure ? Object.assign(document.createElement("b"), { textContent: part.text }) : part.text);
    }
    find(section.id).querySelector(".lead").replaceWith(paragraph);
    return paragraph.textContent;
  }

  function heading(section, row) {
    if (section.shape === "series") return month(row.month);
    return word(row.member);
  }

  function showTable(section, rows) {
    const table = document.createElement("table");
    table.createCaption().textContent = `${say(section.title)} · ${word(state.product || section.product)} · ${word(section.basis)}`;
    const head = table.createTHead().insertRow();
    const first = section.shape === "series" ? data.words.month : data.words.member;
    for (const column of [{ label: first, unit: "words" }, ...section.columns]) {
      const th = Object.assign(document.createElement("th"), { scope: "col", textContent: say(column.label) });
      const name = column.unit === "words" ? "" : unit(column)[3];
      if (name) th.append(Object.assign(document.createElement("small"), { textContent: name }));
      head.append(th);
    }
    const body = table.createTBody();
    for (const row of section.shape === "series" ? [...rows].reverse() : rows) {
      const line = body.insertRow();
      line.append(Object.assign(document.createElement("th"), { scope: "row", textContent: heading(section, row) }));
      if (section.shape === "series" && row.month === monthOf(section)) line.className = "chosen";
      if (row.member === "TOTAL") line.className = "total";
      for (const { name, unit: kind } of section.columns) {
        const td = line.insertCell();
        td.dataset.column = name;
        td.textContent = cell(section, row, name, false);
        if (kind !== "words" && row[name] === null) td.className = "missing";
      }
    }
    find(section.id).querySelector(".scroll table").replaceWith(table);
  }

  // A row as charts.py expects it.
  function drawn(section, rows) {
    // The days of a month that is not over would dwarf all others; the table has them.
    const over = section.shape === "series" ? rows.filter((row) => row.month <= newest(section)) : rows;
    const kept = section.rows_per_month ? over.filter((row) => row.member === section.rows_per_month) : over;
    return kept.slice(0, section.most ?? kept.length).map((row, order) => {
      const tip = { title: `${heading(section, row)} · ${word(row.product)} · ${word(section.basis)}` };
      const texts = {};
      for (const { name, label } of section.columns) {
        texts[`t_${name}`] = cell(section, row, name, true);
        if (texts[`t_${name}`]) tip[say(label)] = texts[`t_${name}`];
      }
      const [year, number] = row.month.split("-").map(Number);
      return { ...row, ...texts, tip, order, label: heading(section, row), date: new Date(year, number - 1, 1).getTime(), selected: row.month === monthOf(section) };
    });
  }

  // On a telephone a chart is drawn wide enough for its names, which stand below each other, and shown smaller.
  function fitting(spec, width) {
    if (width >= NARROWEST) return spec;
    const legends = (key, value) => (key === "legend" && value ? { ...value, columns: 1 } : value);
    return { ...JSON.parse(JSON.stringify(spec), legends), width: NARROWEST };
  }

  async function showChart(section, rows, spoken) {
    const spec = data.charts[section.id];
    const place = find(section.id).querySelector(".chart");
    place.setAttribute("aria-label", `${say(section.title)}: ${spoken}`);
    const rowsDrawn = spec ? drawn(section, rows) : [];
    // A series draws a cross where it has no figure; bars without a figure would be an empty frame.
    const isEmpty = section.shape !== "series" && rowsDrawn.every((row) => row[section.columns[0].name] === null);
    if (!rowsDrawn.length || isEmpty) {
      place.replaceChildren(Object.assign(document.createElement("p"), { className: "empty", textContent: spec ? spoken : "" }));
      return;
    }
    // Vega describes what it draws in by itself, so that is an element of its own.
    const canvas = document.createElement("div");
    place.replaceChildren(canvas);
    const chart = { ...fitting(say(spec), place.clientWidth), datasets: { rows: rowsDrawn } };
    if (chart.height.step) chart.height = chart.height.step * rowsDrawn.length;
    // `ast`: Vega's own interpreter instead of eval, which the page's security policy forbids. Log level 1: errors.
    await vegaEmbed(canvas, chart, { renderer: "svg", actions: false, ast: true, logLevel: 1 });
  }

  function showHeadline(section, rows, headline) {
    const [place, name] = headline.split(".");
    const row = rows.find((r) => r.month === monthOf(section) && (place === "row" || r.member === place));
    const link = Object.assign(document.createElement("a"), { href: `#${section.id}` });
    const line = (tag, content) => link.append(Object.assign(document.createElement(tag), { textContent: content }));
    line("span", `${word(state.product || section.product)} · ${say(section.figure[name].label)}`);
    line("strong", row ? cell(section, row, name, true) : "—");
    line("span", row ? `${month(row.month)} · ${word(row.stage)} · ${word(section.basis)}` : say(data.words.none));
    const item = document.createElement("li");
    item.append(link);
    find("headlines").append(item);
  }

  async function show() {
    document.documentElement.lang = state.lang;
    document.title = `${say(data.words.title)} ${data.release}`;
    find("language").textContent = say(data.words.language);
    const options = (select, pairs, value) => {
      select.replaceChildren(...pairs.map(([code, label]) => new Option(label, code)));
      select.value = value;
    };
    options(find("product"), [["", say(data.words.default_product)], ...data.products.map((code) => [code, word(code)])], state.product);
    const months = [...data.months].reverse();
    options(find("month"), months.map((day) => [day, month(day) + (isOver(day) ? "" : say(data.words.not_over))]), state.month);
    find("chosen").textContent = `${say(data.words.product)}: ${find("product").selectedOptions[0].text} · ${say(data.words.month)}: ${month(state.month)}`;
    find("headlines").replaceChildren();
    for (const section of data.sections) {
      const rows = chosen(section);
      const spoken = showLead(section, rows);
      showTable(section, rows);
      for (const headline of section.headlines) showHeadline(section, rows, headline);
      await showChart(section, rows, spoken);
    }
    document.body.dataset.shown = `${state.lang} ${state.product} ${state.month}`;
  }

  // One at a time: a chart that is still being drawn would be drawn over.
  let shown = Promise.resolve();
  const change = (values) => { Object.assign(state, values); shown = shown.then(show); };
  find("filters").hidden = find("language").hidden = false;
  find("product").addEventListener("change", (event) => change({ product: event.target.value }));
  find("month").addEventListener("change", (event) => change({ month: event.target.value }));
  find("filters").addEventListener("submit", (event) => event.preventDefault());
  find("language").addEventListener("click", () => change({ lang: state.lang === "zh" ? "en" : "zh" }));
  change({});
})();
