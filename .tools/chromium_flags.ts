/**
 * How Chromium is started by what checks something in it.
 *
 * @module
 */

/** It shows nothing, fetches nothing by itself, and trusts the page. */
export const CHROMIUM_FLAGS: readonly string[] = [
  "--headless",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-dev-shm-usage",
  "--disable-gpu",
  "--disable-quic",
  "--disable-sync",
  "--no-first-run",
  "--no-sandbox", // It is our own page, and root may not have one.
];
