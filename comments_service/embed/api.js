/** Talks to the service: addresses, and problem details (RFC 9457). */

/** Where the service lives: this file is `<service>/embed/api.js`. */
export const base = new URL("..", import.meta.url);

/** Pages of another origin get no cookie of ours: there a token of this tab says who asks. */
export const isElsewhere = base.origin !== location.origin;

const TOKEN = `plein:token:${base}`;

export function readToken() {
  try {
    return isElsewhere && sessionStorage.getItem(TOKEN);
  } catch {
    return null;
  }
}

export function keepToken(token) {
  if (token) sessionStorage.setItem(TOKEN, token);
  else sessionStorage.removeItem(TOKEN);
}

const PATIENCE = 15_000; // milliseconds before an answer that does not come counts as a service that is down

/** An answer that is not a 2xx, or no answer at all (status 0). */
export class Problem extends Error {
  errors = []; // {field, message}

  /** What the service says, `document`, is in the reader's language. */
  constructor(status, document) {
    super(`status ${status}`);
    Object.assign(this, document, { status });
  }
}

/**
 * One request; returns the JSON of the answer, or null when there is none. Throws Problem.
 * `isPublic` leaves credentials out: such an answer is the same for everyone and may come from a cache. What else is given
 * goes to fetch: `cache`, `keepalive`.
 */
export async function ask(method, path, { query, body, key, lang, isPublic, ...options } = {}) {
  const url = new URL(`api/v1/${path}`, base);
  if (query) url.search = new URLSearchParams(query);
  const headers = {};
  if (lang) headers["Accept-Language"] = lang;
  if (body) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  const token = !isPublic && readToken();
  if (token) headers.Authorization = `Bearer ${token}`;
  let answer;
  try {
    answer = await fetch(url, {
      ...options,
      method,
      headers,
      body: body && JSON.stringify(body),
      credentials: isPublic ? "omit" : "same-origin",
      signal: AbortSignal.timeout(PATIENCE),
    });
  } catch {
    throw new Problem(0);
  }
  const document = await answer.json().catch(() => null);
  if (!answer.ok) throw new Problem(answer.status, document);
  return document;
}

/** The service's own page in a language: Dutch has no prefix. */
export const servicePage = (lang, path) => new URL(lang === "nl" ? path : `${lang}/${path}`, base);

/** The log-in page, which leads back to `fragment` of the page that the reader is on; elsewhere session.js makes it a window. */
export function logInUrl(lang, fragment) {
  const url = servicePage(lang, "log-in");
  if (isElsewhere) url.hash = fragment;
  else url.searchParams.set("returnTo", `${location.pathname}${location.search}#${fragment}`);
  return url.href;
}
