/** Draws stars as SVG. They are pictures only: the words beside them say the same. */
import { sanitised } from "./dom.js";

const STAR = "M10 1.5l2.55 5.6 6.1.65-4.55 4.1 1.3 6L10 14.75l-5.4 3.1 1.3-6-4.55-4.1 6.1-.65z";

const star = (x) => `<path d="${STAR}" transform="translate(${x})"/>`;

export const oneStar = () => sanitised(`<svg viewBox="0 0 20 20" aria-hidden="true">${star(0)}</svg>`);

/** Five stars of which `average` are filled; a half star is a star cut in two. */
export function fiveStars(average) {
  const row = [0, 20, 40, 60, 80].map(star).join("");
  const filled = `<svg width="${average * 20}" height="20">${row}</svg>`;
  return sanitised(`<svg class="stars" viewBox="0 0 100 20" width="90" height="18" aria-hidden="true"><g class="off">${row}</g>${filled}</svg>`);
}
