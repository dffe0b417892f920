/** The newest comments of all pages, on the front page: out of the service's feed, as plain text. Without it the build's stay. */
import { since } from "./dates.js";

const MOST = 4;
const LONGEST = 160;
const place = document.querySelector("[data-voices]");
const lang = document.documentElement.lang;

/** What somebody said in their own words: without tags, and without what they quote. */
function plain(html) {
  const { body } = new DOMParser().parseFromString(html, "text/html");
  for (const quote of body.querySelectorAll("blockquote")) quote.remove();
  return body.textContent.replace(/\s+/g, " ").trim();
}
const shortened = (text) => (text.length <= LONGEST ? text : `${text.slice(0, LONGEST + 1).replace(/ \S*$/, "").slice(0, LONGEST)}…`);

function voice(entry) {
  const text = (name) => entry.querySelector(name)?.textContent ?? "";
  const item = place.querySelector("template").content.cloneNode(true);
  const spoken = entry.getAttribute("xml:lang");
  const quote = item.querySelector("blockquote");
  quote.textContent = shortened(text("summary") || plain(text("content")));
  quote.lang = spoken;
  const badge = item.querySelector(".nl-data-badge");
  badge.textContent = new Intl.DisplayNames(lang, { type: "language" }).of(spoken);
  badge.hidden = spoken === lang;
  const link = item.querySelector("a");
  link.textContent = text("title");
  link.href = entry.querySelector("link").getAttribute("href");
  const time = item.querySelector("time");
  time.dateTime = text("published");
  const day = new Intl.DateTimeFormat(lang === "en" ? "en-GB" : lang, { dateStyle: "long" }).format(new Date(time.dateTime));
  time.textContent = since(time.dateTime) ?? day;
  time.title = day;
  return item;
}

try {
  const answer = await fetch(place.dataset.voices, { credentials: "omit" });
  const feed = new DOMParser().parseFromString(await answer.text(), "application/xml");
  const voices = [...feed.querySelectorAll("entry")].slice(0, MOST).map(voice);
  if (answer.ok && voices.length) {
    place.querySelector("ul").replaceChildren(...voices);
    place.hidden = false;
  }
} catch {
  // the service is not there: what the build wrote stays, or nothing
}
