/** Hears of changes by others: server-sent events while the tab is seen and the thread is near, else by asking now and then. */
import { ask, base } from "./api.js";

const ASK_EVERY = 45_000; // milliseconds, give or take a third: readers do not ask all at once
const TRIES = 3; // streams that fail before asking takes over

const around = (milliseconds) => milliseconds * (0.67 + Math.random() * 0.67);

/** Call `heard({version, comments})` after changes, for as long as `host` is in the page. */
export function follow(view, host, heard) {
  let source = null;
  let timer = null;
  let isNear = false;
  let failures = 0;

  const later = (work, milliseconds) => {
    timer = setTimeout(() => {
      timer = null;
      work();
    }, milliseconds);
  };
  const listen = () => {
    source = new EventSource(new URL(`api/v1/threads/${view.page}/events`, base));
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
    const thread = await ask("GET", `threads/${view.page}`, { query: { limit: 10 }, isPublic: true, isFresh: true }).catch(() => null);
    if (thread) heard({ version: thread.version, comments: thread.commentCount });
    update();
  };
  const stop = () => {
    source?.close();
    clearTimeout(timer);
    source = timer = null;
  };
  const update = () => {
    if (!isNear || document.hidden || !host.isConnected) stop();
    else if (!source && !timer) {
      if (failures >= TRIES) later(look, around(ASK_EVERY));
      else if (failures) later(listen, around(6000 * failures));
      else listen();
    }
  };
  new IntersectionObserver(
    ([entry]) => {
      isNear = entry.isIntersecting;
      update();
    },
    { rootMargin: "600px" },
  ).observe(host);
  document.addEventListener("visibilitychange", update);
  addEventListener("pagehide", stop);
}
