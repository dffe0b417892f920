/** Hears of changes by others: server-sent events while the tab is seen and the thread is near, else by asking now and then. */
import { ask, base } from "./api.js";

const ASK_EVERY = 30_000; // milliseconds, give or take a third: readers do not ask all at once
const TRIES = 3; // streams that fail before asking takes over

/** Call `heard({version, comments})` after changes, for as long as `host` is in the page. */
export function follow(page, host, heard) {
  let source = null;
  let timer = null;
  let isNear = false;
  let failures = 0;

  const stop = () => {
    source?.close();
    clearTimeout(timer);
    source = timer = null;
  };
  const listen = () => {
    source = new EventSource(new URL(`api/v1/threads/${page}/events`, base));
    source.addEventListener("thread", ({ data }) => {
      failures = 0;
      heard(JSON.parse(data));
    });
    source.onerror = () => {
      stop();
      failures += 1;
      update();
    };
  };
  const look = async () => {
    const thread = await ask("GET", `threads/${page}`, { query: { limit: 10 }, isPublic: true, cache: "no-cache" }).catch(() => null);
    if (thread) heard({ version: thread.version, comments: thread.commentCount });
    timer = null;
    update();
  };
  const update = () => {
    if (!isNear || document.hidden || !host.isConnected) stop();
    else if (!source && !timer) {
      if (!failures) listen();
      else timer = setTimeout(failures < TRIES ? listen : look, Math.min(ASK_EVERY, 5000 * failures ** 2) * (0.67 + Math.random() * 0.67));
    }
  };
  new IntersectionObserver(
    (seen) => {
      isNear = seen.at(-1).isIntersecting;
      update();
    },
    { rootMargin: "600px" },
  ).observe(host);
  document.addEventListener("visibilitychange", update);
  addEventListener("pagehide", stop);
}
