// The desk (and, without its forms, the wall): one state, fetched once, kept true by the live feed.
import { html, render, useEffect, useReducer, useRef } from "/vendor/preact.js";
import { get, post } from "./api.js";
import { dataIsAt } from "./live.js";
import { LiveList, rowsOf } from "./desk-list.js";
import { CasePanel } from "./desk-case.js";
import { DispatchDialog, HelpDialog, NoteDialog, VerifyDialog } from "./desk-forms.js";
import { openMap } from "./map.js";
import { Siren } from "./sound.js";
import { clockTime, now, setClock, word } from "./text.js";
import { toast } from "./toast.js";

const root = /** @type {HTMLElement} */ (document.getElementById("desk"));
const wall = "wall" in root.dataset, canAct = "canAct" in root.dataset;

const state = {
  /** @type {any} */ desk: null,
  /** @type {any[]} */ rows: [],
  /** @type {string|null} */ key: null,
  /** @type {any} */ record: null, fetchedAt: 0,
  /** @type {any[]} */ sites: [],
  tab: "list", chosen: false, form: "", mapError: "", failed: "", sitesOpen: false,
};
let redraw = () => {};
const siren = new Siren(() => redraw());
/** @type {Awaited<ReturnType<typeof openMap>>|null} */
let map = null;
/** @type {Set<string>} */
let ringing = new Set();

/** Reads the whole desk. Events that come while it is read ask for one more reading, never for two at a time. */
let loading = false, again = false;
async function load() {
  if (loading) { again = true; return; }
  loading = true;
  try {
    const desk = await get("/api/v1/desk", { quiet: true });
    setClock(desk.now);
    dataIsAt(desk.lastEvent);
    state.desk = desk;
    state.failed = "";
    state.rows = rowsOf(desk);
    ring(desk.alarms);
    const rowGone = !state.rows.some(row => row.key === state.key);
    if (rowGone && !state.record && state.rows[0] && !narrow()) select(state.rows[0], false);
    else giveWay();
    map?.setAlarms(desk.alarms, state.record?.id ?? null);
    window.dispatchEvent(new CustomEvent("zhili:counts", { detail: desk.counts }));
  } catch (error) {
    if (!state.desk) state.failed = /** @type {Error} */ (error).message;
  } finally {
    loading = false;
    redraw();
    if (again) { again = false; setTimeout(load, 150); }
  }
}

/** What rings takes the place of a case that nobody chose; what somebody works on stays. */
function giveWay() {
  const shown = state.rows.find(row => row.key === state.key), rings = state.rows.find(row => row.waiting);
  if (rings && shown && !shown.waiting && !state.chosen && !state.form && !narrow()) select(rings, false);
}

/** Rings while any place waits; a place that was not ringing before also ends a mute. @param {any[]} alarms */
function ring(alarms) {
  const waiting = new Set(alarms.filter(alarm => alarm.state === "raised").map(alarm => alarm.siteId ?? alarm.address));
  if ([...waiting].some(place => !ringing.has(place))) siren.alert();
  else siren.ring(waiting.size > 0);
  ringing = waiting;
}

const narrow = () => window.matchMedia("(max-width: 900px)").matches;

/** @param {any} row @param {boolean} [move] also move the map and, on a phone, open the case */
async function select(row, move = true) {
  state.key = row.key;
  state.chosen = move;
  if (state.record?.id !== row.caseId) state.record = null;
  if (move && narrow() && !wall) state.tab = "case";
  redraw();
  const place = row.alarms[0]?.location ?? row.record?.location;
  if (move && place) map?.show(place);
  await loadCase(row.caseId);
  document.querySelector(".items [aria-current=true]")?.scrollIntoView({ block: "nearest" });
}
/** @param {string} id */
function selectCase(id) {
  const row = state.rows.find(candidate => candidate.caseId === id);
  if (row) select(row);
}
/** @param {string} id */
async function loadCase(id) {
  try {
    const record = await get(`/api/v1/cases/${encodeURIComponent(id)}`);
    const current = state.rows.find(row => row.key === state.key);
    if (current && current.caseId !== id) return;
    state.record = record;
    state.fetchedAt = now();
    map?.setAlarms(state.desk.alarms, id);
    redraw();
  } catch { /* the toast says why */ }
}

/** @param {string} name */
function act(name) {
  const record = state.record;
  if (!canAct || !record || !record.allowed.includes(name)) { if (record && canAct) toast("info", word("desk.notAllowed")); return; }
  if (name === "acknowledge") acknowledge(record);
  else { state.form = name; redraw(); }
}
/** @param {any} record */
async function acknowledge(record) {
  const waiting = record.alarms.filter((/** @type {any} */ alarm) => alarm.state === "raised");
  try {
    for (const alarm of waiting) await post(`/api/v1/alarms/${encodeURIComponent(alarm.id)}/acknowledge`, {});
  } catch { /* the toast says why; what was acknowledged stays so */ }
  refresh();
}
const refresh = () => { load(); if (state.record) loadCase(state.record.id); };
/** @param {any} record */
const caseAddress = record => `/api/v1/cases/${encodeURIComponent(record.id)}`;

/** @param {string} verdict @param {string} note @param {string} secondSource */
async function verify(verdict, note, secondSource) {
  const open = state.record.alarms.filter((/** @type {any} */ alarm) => alarm.state === "raised" || alarm.state === "acknowledged");
  for (const alarm of open) await post(`/api/v1/alarms/${encodeURIComponent(alarm.id)}/verify`, { verdict, note, ...(verdict === "real" ? {} : { secondSource }) });
  refresh();
}
/** @param {string[]} unitIds @param {string} note */
async function dispatch(unitIds, note) {
  for (const unitId of unitIds) await post(`${caseAddress(state.record)}/tasks`, { unitId, note });
  refresh();
}
/** @param {string} text */
async function note(text) { await post(`${caseAddress(state.record)}/moves`, { type: "note", text }); refresh(); }

/** @param {number} step */
function move(step) {
  const index = state.rows.findIndex(row => row.key === state.key);
  const row = state.rows[Math.min(state.rows.length - 1, Math.max(0, index + step))];
  if (row) select(row);
}

document.addEventListener("keydown", event => {
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.ctrlKey || event.metaKey || event.altKey || target.matches("input, textarea, select") || document.querySelector("dialog[open]")) return;
  const actions = /** @type {Record<string, () => void>} */ ({ a: () => act("acknowledge"), v: () => act("verify"), d: () => act("dispatch"), n: () => act("note"),
    m: () => siren.toggleMute(), j: () => move(1), k: () => move(-1), "?": () => { state.form = "help"; redraw(); } });
  const action = actions[event.key.toLowerCase()];
  if (action) { event.preventDefault(); action(); }
});

function SoundBar() {
  const sound = siren.state;
  if (sound === "blocked") {
    return html`<div class="sound blocked" role="alert"><svg class="icon" aria-hidden="true"><use href="/static/icons.svg#mute" /></svg><span>${word("sound.blocked")}</span>
      <button class="button small" onClick=${() => siren.enable()}>${word("sound.enable")}</button></div>`;
  }
  const muted = sound === "muted";
  return html`<div class=${`sound ${sound}`}><svg class="icon" aria-hidden="true"><use href=${`/static/icons.svg#${muted ? "mute" : "sound"}`} /></svg>
    <span>${muted ? word("sound.muted", { s: Math.ceil(siren.mutedMs / 1000) }) : word(`sound.${sound}`)}</span>
    ${wall ? null : html`<button class="button small" aria-pressed=${muted} onClick=${() => siren.toggleMute()}>${word(muted ? "sound.unmute" : "sound.mute")} <kbd aria-hidden="true">M</kbd></button>`}</div>`;
}

function Counts() {
  const { counts } = state.desk;
  return html`<dl class="counts">${["unacknowledgedAlarms", "openCases", "overdue", "offlineDetectors"].map(name => html`<div class=${counts[name] > 0 && name !== "openCases" ? name === "offlineDetectors" ? "warn" : "bad" : ""}>
    <dt>${word(`count.${name}`)}</dt><dd>${counts[name]}</dd></div>`)}</dl>`;
}

function MapPane() {
  const box = useRef(/** @type {HTMLElement|null} */ (null));
  useEffect(() => {
    if (!box.current) return;
    openMap(box.current, { onCase: selectCase, onSites: sites => { state.sites = sites; redraw(); }, onError: message => console.warn("map:", message) })
      .then(opened => { map = opened; if (state.desk) opened.setAlarms(state.desk.alarms, state.record?.id ?? null); })
      .catch(() => { state.mapError = word("map.failed"); redraw(); });
  }, []);
  return html`<section class="pane map" aria-label=${word("desk.map")}><div class="canvas" ref=${box}></div>
    ${state.mapError ? html`<div class="empty over"><strong>${state.mapError}</strong></div>` : null}
    <ul class="legend" aria-label=${word("map.legend")}>${["raised", "handled", "ok", "fault", "offline"].map(name => html`<li class=${name}>${word(`map.legend.${name}`)}</li>`)}</ul>
    ${wall ? null : html`<details class="site-list" open=${state.sitesOpen} onToggle=${(/** @type {any} */ event) => { state.sitesOpen = event.target.open; redraw(); }}>
      <summary>${word("map.list", { n: state.sites.length })}</summary>
      ${state.sitesOpen ? html`<ul>${state.sites.slice(0, 200).map(site => html`<li><a href=${`/sites/${encodeURIComponent(site.id)}`}>${site.name}</a><span class="hint">${word("map.detectors", { n: site.detectorCount })}</span><span class=${`badge ${site.openAlarmCount ? "bad" : site.state === "fault" ? "warn" : site.state === "offline" ? "" : "ok"}`}>${word(site.openAlarmCount ? "siteState.alarm" : `siteState.${site.state}`)}</span></li>`)}</ul>` : null}</details>`}
  </section>`;
}

function Desk() {
  const [, tick] = useReducer((/** @type {number} */ n) => n + 1, 0);
  useEffect(() => { redraw = () => tick(0); const timer = setInterval(redraw, 1000); load(); return () => clearInterval(timer); }, []);
  if (!state.desk) {
    return html`<div class="empty" role="status">${state.failed ? html`<strong>${state.failed}</strong><button class="button" onClick=${load}>${word("retry")}</button>` : word("desk.loading")}</div>`;
  }
  const close = () => { state.form = ""; redraw(); };
  const tabs = ["list", "map", "case"];
  return html`<div class="strip"><${Counts} />${wall ? html`<time class="wall-clock">${clockTime(now())}</time>` : null}<${SoundBar} />
      ${wall ? null : html`<button class="button quiet small help" onClick=${() => { state.form = "help"; redraw(); }}>${word("help.button")} <kbd aria-hidden="true">?</kbd></button>`}</div>
    ${state.desk.notices.length ? html`<ul class="notices" aria-label=${word("desk.notices")}>${state.desk.notices.map((/** @type {any} */ notice) => html`<li><a href=${notice.href}>${notice.text}</a></li>`)}</ul>` : null}
    ${wall ? null : html`<div class="tabs" role="group" aria-label=${word("desk.tabs")}>${tabs.map(tab => html`<button aria-pressed=${state.tab === tab} onClick=${() => { state.tab = tab; redraw(); }}>${word(`desk.tab.${tab}`)}</button>`)}</div>`}
    <div class="panes" data-tab=${state.tab}>
      <${LiveList} desk=${state.desk} rows=${state.rows} selectedKey=${state.key} onSelect=${select} wall=${wall} />
      <${MapPane} />
      ${wall ? null : html`<${CasePanel} record=${state.record} fetchedAt=${state.fetchedAt} canAct=${canAct} onAction=${act} />`}
    </div>
    ${state.form === "verify" ? html`<${VerifyDialog} record=${state.record} onClose=${close} onVerify=${verify} />` : null}
    ${state.form === "dispatch" ? html`<${DispatchDialog} record=${state.record} units=${state.desk.units} onClose=${close} onDispatch=${dispatch} />` : null}
    ${state.form === "note" ? html`<${NoteDialog} record=${state.record} onClose=${close} onNote=${note} />` : null}
    ${state.form === "help" ? html`<${HelpDialog} onClose=${close} />` : null}`;
}

let soon = 0, caseSoon = 0, sitesSoon = 0;
window.addEventListener("zhili:event", event => {
  const { type, data } = /** @type {CustomEvent} */ (event).detail;
  // An alarm must be on the screen at once; the rest of a burst is read together.
  if (type === "alarm.raised" && !loading) load();
  else soon ||= setTimeout(() => { soon = 0; load(); }, 120);
  const subject = String(data.subject ?? "");
  if (state.record && (subject === `cases/${state.record.id}` || data.caseId === state.record.id || !subject.startsWith("cases/"))) caseSoon ||= setTimeout(() => { caseSoon = 0; if (state.record) loadCase(state.record.id); }, 200);
  if (type.startsWith("detector.") || type.startsWith("alarm.")) sitesSoon ||= setTimeout(() => { sitesSoon = 0; map?.refresh(); }, 1500);
});
window.addEventListener("zhili:refetch", refresh);

root.replaceChildren();
render(html`<${Desk} />`, root);
