/** Counts one view of a page per page load. No cookie, nothing kept on the device. */
import { ask } from "./api.js";

const seen = new Set();

export function countView(page) {
  if (seen.has(page)) return;
  seen.add(page);
  const send = () => ask("POST", `threads/${page}/views`, { isPublic: true, keepalive: true }).catch(() => {});
  // a page that the browser fetched in advance was not seen yet
  if (document.prerendering) document.addEventListener("prerenderingchange", send, { once: true });
  else send();
}
