/** The icon of every page, within the page: no further request, and nothing that the page's own policy does not allow (`img-src data:`). */

/** A gate within a gate, as on the phone's page (`packages/web/src/phone/static/icon.svg`), with lines for sixteen pixels. */
const SVG =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48"><rect width="48" height="48" rx="9" fill="#1f5c54"/>' +
  '<g fill="none" stroke="#fff" stroke-width="4" stroke-linejoin="round" stroke-linecap="round">' +
  '<path d="M11 38V23a13 13 0 0 1 26 0v15"/><path d="M20 38V26a4 4 0 0 1 8 0v12"/></g></svg>';

export const ICON = `<link rel="icon" type="image/svg+xml" href="data:image/svg+xml,${encodeURIComponent(SVG)}">`;
