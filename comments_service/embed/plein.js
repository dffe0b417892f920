/** The one script a page loads: names the elements. The classes stand apart, so that a page may define them under other names. */
import { PleinCount } from "./count.js";
import { PleinRating } from "./rating.js";
import { PleinThread } from "./thread.js";

for (const [name, element] of Object.entries({
  "plein-count": PleinCount,
  "plein-rating": PleinRating,
  "plein-thread": PleinThread,
})) {
  if (!customElements.get(name)) customElements.define(name, element);
}
