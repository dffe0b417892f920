/** Loads the strings of one language and fills them in. A language is a file beside this one; Dutch stands in for a missing one. */
import { number } from "./dates.js";

export const LANGUAGES = ["nl", "en"];

/** The language of an element of ours: its own, else that of the page, if there are strings of it. */
export function languageOf(host) {
  const code = (host.lang || document.documentElement.lang).slice(0, 2);
  return LANGUAGES.includes(code) ? code : LANGUAGES[0];
}

const known = {}; // language -> its strings so far

/** Load the strings of a language; `part` "-writing" adds those that only writing needs. */
export async function loadWords(lang, part = "") {
  const { default: strings } = await import(`./${lang}${part}.js`);
  known[lang] = { ...known[lang], ...strings };
}

/**
 * A function `t(name, values)`. "{count}" in a string takes values.count; numbers are written as the language does. A string
 * with forms ({one, other}) is chosen by values.count (CLDR plural rules).
 */
export async function words(code) {
  await loadWords(code);
  const plural = new Intl.PluralRules(code);
  return (name, values = {}) => {
    const entry = known[code][name] ?? name;
    const text = typeof entry === "string" ? entry : entry[plural.select(values.count)] ?? entry.other;
    return text.replace(/\{(\w+)\}/g, (_, key) => (typeof values[key] === "number" ? number(values[key], code) : values[key]));
  };
}
