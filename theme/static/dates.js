/** The date of what is a week old at most becomes "3 days ago", in the words of the page; the date itself stays as a title. */

const DAY = 86_400_000; // milliseconds
const lang = document.documentElement.lang;
const midnight = (moment) => new Date(moment).setHours(0, 0, 0, 0);

/** "vandaag", "gisteren", "3 dagen geleden" for a date or a moment; undefined for another one. */
export function since(text) {
  const moment = text.length > 10 ? text : `${text}T00:00`; // a date alone is that day wherever the reader is
  const days = Math.round((midnight(Date.now()) - midnight(moment)) / DAY);
  return days >= 0 && days < 8 ? new Intl.RelativeTimeFormat(lang, { numeric: "auto" }).format(-days, "day") : undefined;
}

for (const time of document.querySelectorAll("time[data-since]")) {
  const words = since(time.dateTime);
  if (words) {
    time.title = time.textContent;
    time.textContent = words.charAt(0).toLocaleUpperCase(lang) + words.slice(1);
  }
}
