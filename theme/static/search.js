// Searches while the reader types: asks Pagefind's index and shows what it finds. All words stand in the page.
const form = document.getElementById("page-search");
const field = form.elements.q;
const found = document.getElementById("page-found");
const heading = document.getElementById("page-results");
const list = found.querySelector("ol");
const more = document.getElementById("page-more");
const boxes = [...found.querySelectorAll("input")];
const AT_ONCE = 10;
const WAIT = 250; // milliseconds without a key
let engine;
let turn = 0;
let rest = [];

function load() {
  // Its worker would need a policy of its own; without one it works in the page.
  globalThis.Worker = undefined;
  engine ??= import(new URL(`${form.dataset.index}pagefind.js`, location.href)).then(async (pagefind) => {
    await pagefind.options({ excerptLength: 24, ranking: { diacriticSimilarity: 0.2 } });
    await pagefind.init(document.documentElement.lang);
    const kinds = await fetch(new URL(`${form.dataset.index}kinds.json`, location.href)).then((answer) => answer.json());
    const others = new Map(Object.entries(kinds).flatMap(([kind, ids]) => ids.map((id) => [id, kind])));
    return { pagefind, kindOf: (result) => others.get(result.id) ?? "blog" };
  });
  return engine;
}

function fold(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

function element(name, text = "", attributes = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

// The words that begin like a word of the query stand in <mark>.
function marked(text, query) {
  const stems = fold(query).split(/\s+/).filter((word) => word.length > 2).map((word) => word.slice(0, Math.max(4, word.length - 2)));
  return text.split(/([\p{L}\p{N}]+)/u).map((part) => (stems.some((stem) => fold(part).startsWith(stem)) ? element("mark", part) : part));
}

// Pagefind's excerpt, when it is of the text itself: between the marks that search.py sets.
function excerpt(one) {
  const inside = one.excerpt.split("⁑").pop().split("⁂")[0];
  if (!inside.includes("<mark>")) return null;
  const plain = inside.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
  return ["… ", ...plain.split(/<mark>(.*?)<\/mark>/).map((part, at) => (at % 2 ? element("mark", part) : part)), " …"];
}

function shown(one, query) {
  const { meta } = one;
  const foreign = meta.lang === document.documentElement.lang ? {} : { lang: meta.lang };
  const item = element("li");
  const title = element("h3", "", { class: "nl-heading nl-heading--level-3" });
  const link = element("a", "", { class: "title-link", href: meta.url, ...foreign });
  link.append(...marked(meta.title, query));
  title.append(link);
  const teaser = element("p", "", { class: "teaser", ...foreign });
  teaser.append(...(excerpt(one) ?? marked(meta.summary, query)));
  const facts = element("ul", "", { class: "meta bits" });
  facts.append(element("li", found.dataset[meta.kind]));
  if (meta.by) facts.append(element("li", meta.by));
  if (meta.date) {
    const moment = element("li");
    moment.append(element("time", meta.date, { datetime: meta.moment }));
    facts.append(moment);
  }
  item.append(title, teaser, facts);
  return item;
}

async function showMore(query, mine, focus = false) {
  const next = await Promise.all(rest.splice(0, AT_ONCE).map((result) => result.data()));
  if (mine !== turn) return;
  const items = next.map((one) => shown(one, query));
  list.append(...items);
  more.hidden = rest.length === 0;
  if (focus) items[0]?.querySelector("a").focus();
}

async function search() {
  const query = field.value.trim();
  const mine = ++turn;
  if (!query) {
    found.hidden = true;
    return;
  }
  try {
    const { pagefind, kindOf } = await load();
    const { results } = await pagefind.search(query);
    if (mine !== turn) return;
    const wanted = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    for (const box of boxes) {
      const number = results.filter((result) => kindOf(result) === box.value).length;
      found.querySelector(`[data-count="${box.value}"]`).textContent = `(${number})`;
    }
    rest = results.filter((result) => wanted.has(kindOf(result)));
    const count = rest.length;
    const words = found.dataset[["none", "one"][count] ?? "many"];
    list.replaceChildren();
    await showMore(query, mine);
    if (mine !== turn) return;
    heading.textContent = words.replace("{count}", count).replace("{query}", () => query);
  } catch (fault) {
    console.warn(fault);
    list.replaceChildren();
    heading.textContent = found.dataset.failed;
  }
  found.hidden = false;
}

function remember(way) {
  const url = new URL(location.href);
  if (field.value.trim()) url.searchParams.set("q", field.value.trim());
  else url.searchParams.delete("q");
  history[way](null, "", url);
}

function read() {
  field.value = new URLSearchParams(location.search).get("q") ?? "";
  search();
}

let waiting;
field.addEventListener("focus", load, { once: true });
field.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    remember("replaceState");
    search();
  }, WAIT);
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(waiting);
  remember("pushState");
  search();
});
for (const box of boxes) box.addEventListener("change", search);
more.addEventListener("click", () => showMore(field.value.trim(), turn, true));
addEventListener("popstate", read);
read();
