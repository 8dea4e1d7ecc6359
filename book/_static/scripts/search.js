// Finds all words of a question in the book's entries (entries.js, made by _ext/search.py) and quotes where they stand.
(() => {
  const field = document.querySelector(".bd-search-container input[name=q]");
  const place = document.getElementById("search-results");
  const SHOWN = 40, BEFORE = 70, AFTER = 130;
  const KINDS = { word: "glossary", formula: "formula", figure: "live figure", claim: "claim", exercise: "exercise", function: "function" };
  const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  // batteries finds battery, failed finds failure; a number is found as it is
  const stem = (word) => (/\d/.test(word) || word.length < 5 ? word : word.replace(/(ies|ied|ing|ed|es|s|y|e)$/, (end) => (word.length - end.length < 4 ? end : "")));
  const pattern = (word) => new RegExp(`(?<![\\p{L}\\p{N}.,])${escaped(stem(word))}${/^[\d.,]+$/.test(word) ? "(?![\\p{N}]|[.,]\\p{N})" : ""}`, "giu");
  // llama3 is two words, and 10x a number
  const asked = (question) => [...new Set(question.replace(/(\p{L}{4,})(\d+)/gu, "$1 $2").replace(/(\d)[x×](?!\p{L})/giu, "$1").toLowerCase().split(/[\s"“”()]+/).filter((word) => /[\p{L}\p{N}]/u.test(word)))];
  const count = (text, one) => (text.match(one) || []).length;

  // What people call a thing: a word, claim 004-10, figure 4.2, equation 3
  const CALLED = { claim: /^[\d-]+/, figure: /^Live figure ([\d.]+\d)/, formula: /\((\d+)\)$/ };
  const NUMBERED = /^(?:(claim|figure|fig|equation|eq|formula)s?\.? +)?([\d.-]*\d)$/;
  const SHORT = { fig: "figure", eq: "formula", equation: "formula" };

  function isCalled(whole, kind, name, text) {
    if (kind === "word") return whole.length > 2 ? name.search(pattern(whole)) === 0 : name.toLowerCase() === whole;
    const [, asks, number] = whole.match(NUMBERED) || [];
    if (!number || !CALLED[kind] || (asks ? (SHORT[asks] || asks) !== kind : /^\d+$/.test(number))) return false;
    const own = (kind === "formula" ? name : text).match(CALLED[kind]);
    return own !== null && (own[1] || own[0]) === number;
  }

  // Each entry that holds all of the words; or, where none does, those that hold the most of them.
  function find(question) {
    const words = asked(question).map(pattern), whole = asked(question).join(" ");
    const hits = words.length ? entriesWith(words, whole) : [], most = Math.max(0, ...hits.map((hit) => hit.held));
    const best = hits.filter((hit) => hit.held === most).sort((a, b) => a.order - b.order || b.score - a.score);
    return { best, all: most === words.length };
  }

  function entriesWith(words, whole) {
    const hits = [];
    for (const [address, page, kicker, order, entries] of globalThis.bookEntries)
      for (const [kind, id, title, text] of entries) {
        const name = title || page, all = `${name} ${text}`;
        const itself = isCalled(whole, kind, name, text), held = itself ? words.length : words.filter((word) => all.search(word) >= 0).length;
        if (!held) continue;
        const named = words.filter((word) => name.search(word) >= 0).length / words.length;
        const said = words.reduce((sum, word) => sum + Math.min(count(text, word), 5), 0) / words.length;
        const together = all.toLowerCase().includes(whole) ? 2 : 0;
        hits.push({ held, address: id ? `${address}#${id}` : address, name, page, kicker, kind, text, words, order: itself ? -1 : order, score: 6 * named + said + together + (kind in KINDS ? 1 : 0) });
      }
    return hits;
  }

  function quote({ text, words }) {
    const paragraph = document.createElement("p");
    paragraph.className = "context";
    const first = Math.min(...words.map((word) => text.search(word)).filter((at) => at >= 0), Infinity);
    const at = Number.isFinite(first) ? first : 0;
    const start = at <= BEFORE ? 0 : text.indexOf(" ", at - BEFORE) + 1;
    const cut = text.length <= at + AFTER ? text.length : text.lastIndexOf(" ", at + AFTER);
    const part = text.slice(start, Math.max(cut, at));
    let done = 0;
    const marks = words.flatMap((word) => [...part.matchAll(word)].map((found) => [found.index, found.index + found[0].length])).sort((a, b) => a[0] - b[0]);
    paragraph.append(start ? "… " : "");
    for (const [from, to] of marks) {
      if (from < done) continue;
      const mark = document.createElement("mark");
      mark.textContent = part.slice(from, to);
      paragraph.append(part.slice(done, from), mark);
      done = to;
    }
    paragraph.append(part.slice(done), cut < text.length ? " …" : "");
    return paragraph;
  }

  function show() {
    const question = field.value, { best: hits, all } = find(question), list = document.createElement("ol");
    const told = document.createElement("p");
    told.setAttribute("role", "status");
    const places = `${hits.length > SHOWN ? `The first ${SHOWN} of ${hits.length}` : hits.length} ${hits.length === 1 ? "place" : "places"}`;
    if (asked(question).length) told.textContent = !hits.length ? `Nothing is found for “${question}”.` : all ? places : `No place has all of “${question}”. With most of its words: ${places.toLowerCase()}`;
    for (const hit of hits.slice(0, SHOWN)) {
      const item = document.createElement("li"), link = document.createElement("a"), where = document.createElement("span");
      link.href = hit.address;
      link.textContent = hit.name === hit.page || hit.kind === "word" || hit.kind === "function" || hit.kind === "claim" ? hit.name : `${hit.page}: ${hit.name}`;
      where.className = "small";
      where.textContent = [KINDS[hit.kind], hit.kicker].filter(Boolean).join(" · ");
      item.append(link, " ", where, quote(hit));
      list.append(item);
    }
    place.replaceChildren(told, list);
  }

  field.value = new URLSearchParams(location.search).get("q") || "";
  let waiting;
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, 150);
  });
  show();
})();
