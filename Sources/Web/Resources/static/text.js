// Words and times for scripts. Words come from the page, times are shown on the centre's clock.

/** @type {Record<string, string>} */
const words = {};
const source = document.getElementById("messages");
if (source?.textContent) Object.assign(words, JSON.parse(source.textContent));

/**
 * The word for a key, with `{name}` filled in. An unknown key shows itself, so that it is noticed.
 * @param {string} key @param {Record<string, string|number>} [values]
 */
export function word(key, values) {
  const text = words[key] ?? key;
  return values ? text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole)) : text;
}

/** China keeps one time zone; a PC that is set wrongly must not shift the centre's times. */
const zone = "Asia/Shanghai";
const hms = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", second: "2-digit" });
const hm = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" });

/** How far the server's clock is ahead of this machine's, in ms. */
let ahead = 0;
/** @param {string} serverNow RFC 3339 */
export function setClock(serverNow) { const t = Date.parse(serverNow); if (t) ahead = t - Date.now(); }
export function now() { return Date.now() + ahead; }

/** @param {string|number|Date} at */
export function clockTime(at) { return hms.format(new Date(at)); }
/** @param {string|number|Date} at */
export function date(at) { return day.format(new Date(at)); }
/** Today's times without the date. @param {string|number|Date} at */
export function shortTime(at) {
  const when = new Date(at), d = day.format(when);
  return d === day.format(now()) ? hms.format(when) : `${d.slice(5)} ${hm.format(when)}`;
}

/** A duration as people on duty read it: 0:42, 12:05, 3 h 20 min, 2 d. @param {number} ms */
export function span(ms) {
  const s = Math.max(0, Math.floor(ms / 1000)), m = Math.floor(s / 60), h = Math.floor(m / 60);
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  if (m < 60) return `${m}:${two(s % 60)}`;
  if (h < 48) return word("span.hours", { h, m: two(m % 60) });
  return word("span.days", { d: Math.floor(h / 24), h: h % 24 });
}

/** @param {string} at */
export function since(at) { return span(now() - Date.parse(at)); }
