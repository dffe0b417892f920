/** Times, numbers and language names in the reader's words, by Intl alone. */

const UNITS = [
  ["day", 24 * 3600],
  ["hour", 3600],
  ["minute", 60],
];

const days = {}; // language -> its formatter, which takes as long to make as hundreds of uses

/** "18 november 2026, 15.05 uur" or "18 November 2026, 15:05", in the reader's own time zone. */
export function fullTime(date, lang) {
  days[lang] ??= new Intl.DateTimeFormat(lang === "en" ? "en-GB" : lang, { dateStyle: "long" });
  const day = days[lang].format(date);
  const hour = date.toTimeString().slice(0, 5);
  return lang === "nl" ? `${day}, ${hour.replace(":", ".")} uur` : `${day}, ${hour}`;
}

/** "3 dagen geleden" within a week, the full time before that. */
export function shortTime(date, lang) {
  const seconds = (date - Date.now()) / 1000;
  if (seconds < -7 * 24 * 3600) return fullTime(date, lang);
  const relative = new Intl.RelativeTimeFormat(lang, { numeric: "auto" });
  for (const [unit, length] of UNITS) {
    if (seconds <= -length) return relative.format(Math.trunc(seconds / length), unit);
  }
  return relative.format(0, "second");
}

/** Write the times of comments again every minute: "now" does not stay true. */
export function keepTimes(host, lang) {
  setInterval(() => {
    for (const time of host.querySelectorAll("time")) time.textContent = shortTime(new Date(time.dateTime), lang);
  }, 60_000);
}

export const number = (value, lang) => new Intl.NumberFormat(lang).format(value);

/** One decimal at most: 3.7 or 4; `t` writes it as the language does. */
export const average = (value) => Math.round(value * 10) / 10;

/** "Engels" for en in Dutch; the code itself where the browser knows no name. */
export function languageName(code, lang) {
  try {
    const name = new Intl.DisplayNames([lang], { type: "language" }).of(code);
    return name.charAt(0).toLocaleUpperCase(lang) + name.slice(1);
  } catch {
    return code;
  }
}
