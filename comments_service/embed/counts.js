/** Reads the counts of every element on a page in one request, and passes on what the thread and the rating know better. */
import { ask } from "./api.js";
import { mayBeLoggedIn } from "./session.js";

const MOST = 100; // pages in one request (API: GET /counts)

/** Fired on document; detail: {page, comments?, rating?, views?}. The rating and the thread fire it after reading and writing. */
const KNOWN = "plein-known";

const fresher = new Map(); // page -> what was told after or beside the request; an older answer never overwrites it
const waiting = new Set(); // pages
let answer = null; // the promise of their counts

/** {comments, rating, views} of a page, or undefined for a page that the service does not know. Throws Problem. */
export async function counts(page, lang) {
  waiting.add(page);
  answer ??= new Promise(setTimeout).then(() => readCounts(lang)); // after every element of the page has been upgraded and has asked
  const found = (await answer)[page];
  return found && { ...found, ...fresher.get(page) };
}

async function readCounts(lang) {
  const asked = [...waiting];
  waiting.clear();
  answer = null;
  const found = {};
  while (asked.length) {
    const query = asked.splice(0, MOST).map((page) => ["page", page]);
    // who may just have written does not want the browser's older numbers
    const { items } = await ask("GET", "counts", { query, lang, isPublic: true, cache: mayBeLoggedIn() ? "no-cache" : "default" });
    Object.assign(found, items);
  }
  return found;
}

/** Tell every element of the page what is now true. */
export function tell(detail) {
  fresher.set(detail.page, { ...fresher.get(detail.page), ...detail });
  document.dispatchEvent(new CustomEvent(KNOWN, { detail }));
}

/** Call `listener` with what others tell about a page; returns a function that ends it. */
export function listen(page, listener) {
  const heard = ({ detail }) => detail.page === page && listener(detail);
  document.addEventListener(KNOWN, heard);
  return () => document.removeEventListener(KNOWN, heard);
}
