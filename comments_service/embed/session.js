/** What the reader may do here. Asks the service only when there may be a session, so that nobody else pays for it. */
import { Problem, ask, base, isElsewhere, keepToken, readToken } from "./api.js";
import { element } from "./dom.js";

/**
 * Set by the service beside its session cookie, which scripts cannot read. It holds no secret and says one thing: ask.
 * It keeps readers who are logged out from a request that can only answer 401.
 */
const HINT = "plein-logged-in";

const answers = new Map(); // page -> promise of the reader's side of it

export const mayBeLoggedIn = () =>
  isElsewhere ? readToken() : document.cookie.split("; ").some((cookie) => cookie.startsWith(`${HINT}=`));

/** On a page of another origin: the log-in by a window. Becomes what went wrong, when the reader comes back from there without it. */
export const arrival =
  isElsewhere &&
  import(new URL("embed/log-in.js", base))
    .then((own) => own.default({ Problem, ask, base, keepToken, element }))
    .catch(() => null); // no script: the links lead to the service's own page

/** {version, account, rights, stars, own} of the reader on this page, or null when logged out. Asked once per page. */
export function mine(page, lang) {
  if (!answers.has(page)) answers.set(page, read(page, lang));
  return answers.get(page);
}

async function read(page, lang) {
  await arrival;
  if (!mayBeLoggedIn()) return null;
  try {
    return await ask("GET", `threads/${page}/mine`, { lang });
  } catch (problem) {
    if (problem instanceof Problem && problem.status === 401) {
      forget();
      return null;
    }
    answers.delete(page);
    throw problem;
  }
}

/** The session is over: do not ask again until the next log-in. */
export function forget() {
  answers.clear();
  if (isElsewhere) keepToken(null);
  document.cookie = `${HINT}=; Max-Age=0; Path=${base.pathname.slice(0, -1) || "/"}; SameSite=Lax`;
}

const placeOf = (page) => `plein:version:${base.pathname}:${page}`;

/**
 * The version of a thread that this reader has written or read as their own, at least; 0 for others. Asked for by number,
 * no cache gives less, also after a log-out, when nobody can be asked.
 */
export function leastVersion(page, own) {
  let kept = 0;
  try {
    kept = sessionStorage.getItem(placeOf(page));
  } catch {
    // then there is what the service said
  }
  return Math.max(kept, own?.version ?? 0);
}

export function rememberVersion(page, version) {
  try {
    if (version) sessionStorage.setItem(placeOf(page), version);
  } catch {
    // without storage a cache may be some seconds behind, after a log-out only
  }
}
