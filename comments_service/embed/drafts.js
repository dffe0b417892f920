/** Keeps what a reader writes on the device until it has been sent, over log-in, reload and failure. */
import { base } from "./api.js";

const LIFETIME = 30 * 24 * 3600 * 1000; // an abandoned text does not stay on a shared device for ever

const inMemory = new Map(); // where the browser keeps nothing (private windows, blocked storage)

const place = (name) => `plein:draft:${base.pathname}:${name}`;

/** The draft of that name as {text, name?, key?, sent?}, or null. */
export function readDraft(name) {
  let stored = null;
  try {
    stored = JSON.parse(localStorage.getItem(place(name)));
  } catch {
    // unreadable or forbidden: then there is what this page remembers
  }
  stored ??= inMemory.get(place(name)) ?? null;
  return stored && Date.now() - stored.at < LIFETIME ? stored : null;
}

export function keepDraft(name, draft) {
  const dated = { ...draft, at: Date.now() };
  inMemory.set(place(name), dated);
  try {
    localStorage.setItem(place(name), JSON.stringify(dated));
  } catch {
    // full or forbidden: the memory of this page has to do
  }
}

export function dropDraft(name) {
  inMemory.delete(place(name));
  try {
    localStorage.removeItem(place(name));
  } catch {
    // nothing was stored there either
  }
}

/** A key that makes a repeated POST one comment. Works without a secure context, where randomUUID is missing. */
export const newIdempotencyKey = () => crypto.getRandomValues(new Uint8Array(16)).join("-");
