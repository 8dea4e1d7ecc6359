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
  const asked = (question) => [...new Set(question.replace(/(\p{L}{4,})(\d+)/gu, "$1 $2").toLowerCase().split(/[\s"“”]+/).filter((word) => /[\p{L}\p{N}]/u.test(word)))];
  const count = (text, one) => (text.match(one) || []).length;

  function find(question) {
    const words = asked(question).map(pattern), whole = question.trim().toLowerCase(), hits = [];
    if (!words.length) return hits;
    for (const [address, page, kicker, order, entries] of globalThis.bookEntries)
      for (const [kind, id, title, text] of entries) {
        const name = title || page, all = `${name} ${text}`;
        if (!words.every((word) => all.search(word) >= 0)) continue;
        const named = words.filter((word) => name.search(word) >= 0).length / words.length;
        const said = words.reduce((sum, word) => sum + Math.min(count(text, word), 5), 0) / words.length;
        const together = all.toLowerCase().includes(whole) ? 2 : 0;
        const itself = kind === "word" && name.toLowerCase() === whole;
        hits.push({ address: id ? `${address}#${id}` : address, name, page, kicker, kind, text, words, order: itself ? -1 : order, score: 6 * named + said + together + (kind in KINDS ? 1 : 0) });
      }
    return hits.sort((a, b) => a.order - b.order || b.score - a.score);
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
    const question = field.value, hits = find(question), list = document.createElement("ol");
    const told = document.createElement("p");
    told.setAttribute("role", "status");
    told.textContent = !asked(question).length ? "" : !hits.length ? `Nothing is found for “${question}”. All of its words have to stand in one place: try fewer.` : `${hits.length > SHOWN ? `The first ${SHOWN} of ${hits.length}` : hits.length} ${hits.length === 1 ? "place" : "places"}`;
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
