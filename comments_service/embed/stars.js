/** Draws stars as SVG. They are pictures only: the words beside them say the same. */

const SVG = "http://www.w3.org/2000/svg";
const STAR = "M10 1.5l2.55 5.6 6.1.65-4.55 4.1 1.3 6L10 14.75l-5.4 3.1 1.3-6-4.55-4.1 6.1-.65z";

function svg(name, attributes, ...children) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

const hiddenPicture = { "aria-hidden": "true", focusable: "false" };

export const oneStar = () => svg("svg", { viewBox: "0 0 20 20", ...hiddenPicture }, svg("path", { d: STAR }));

/** Five stars of which `average` are filled; a half star is a star cut in two. */
export function fiveStars(average) {
  const row = () => [0, 20, 40, 60, 80].map((x) => svg("path", { d: STAR, transform: `translate(${x} 0)` }));
  return svg(
    "svg",
    { class: "stars", viewBox: "0 0 100 20", width: "90", height: "18", ...hiddenPicture },
    svg("g", { class: "off" }, ...row()),
    svg("svg", { width: String(average * 20), height: "20" }, ...row()),
  );
}
