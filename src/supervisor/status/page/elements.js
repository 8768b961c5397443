// Elements of the page: found, changed, made.
const SVG = 'http://www.w3.org/2000/svg';

export const byId = id => document.getElementById(id);
export const show = (id, text) => { const at = byId(id); if (at.textContent !== text) at.textContent = text; };

export function make(tag, attributes, ...content) {
  const svg = ['svg', 'path', 'line', 'rect', 'text'].includes(tag);
  const element = svg ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...content);
  return element;
}
