/** Talks to the service: addresses, problem details (RFC 9457) and idempotency keys. */

/** Where the service lives: this file is `<service>/embed/api.js`. */
export const base = new URL("..", import.meta.url);

const PATIENCE = 15_000; // milliseconds before an answer that does not come counts as a service that is down

/** An answer that is not a 2xx, or no answer at all (status 0). */
export class Problem extends Error {
  constructor(status, document = {}) {
    super(document.detail ?? document.title ?? `status ${status}`);
    this.status = status;
    this.detail = document.detail ?? document.title ?? "";
    /** [{field, message}], in the reader's language. */
    this.errors = document.errors ?? [];
  }

  get isDown() {
    return this.status === 0 || this.status >= 500;
  }
}

/**
 * One request; returns the JSON of the answer, or null when there is none. Throws Problem.
 * `isPublic` leaves credentials out: such an answer is the same for everyone and may come from a cache, which `isFresh` has
 * ask the service first.
 */
export async function ask(method, path, { query, body, key, lang, isPublic = false, isFresh = false, keepalive = false } = {}) {
  const url = new URL(`api/v1/${path}`, base);
  if (query) url.search = new URLSearchParams(query);
  const headers = { Accept: "application/json, application/problem+json" };
  if (lang) headers["Accept-Language"] = lang;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  let answer;
  try {
    answer = await fetch(url, {
      method,
      headers,
      keepalive,
      cache: isFresh ? "no-cache" : "default",
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: isPublic ? "omit" : "same-origin",
      signal: AbortSignal.timeout(PATIENCE),
    });
  } catch {
    throw new Problem(0);
  }
  const document = await answer.json().catch(() => null);
  if (!answer.ok) throw new Problem(answer.status, document ?? {});
  return document;
}

/** A key that makes a repeated POST one comment. Works without a secure context, where randomUUID is missing. */
export function newIdempotencyKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The service's own page in a language: Dutch has no prefix. */
export const servicePage = (lang, path) => new URL(lang === "nl" ? path : `${lang}/${path}`, base);

/** The log-in page, which leads back to `fragment` of the page that the reader is on. */
export function logInUrl(lang, fragment) {
  const url = servicePage(lang, "log-in");
  url.searchParams.set("returnTo", `${location.pathname}${location.search}#${fragment}`);
  return url.href;
}
