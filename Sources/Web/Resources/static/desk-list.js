// The live list of the desk: what rings first, then what is being handled, then the other open cases.
import { html, useState } from "/vendor/preact.js";
import { since, shortTime, word, now } from "./text.js";

const shownAtOnce = 120;

/**
 * Alarms of one place make one row, so that a storm in one building does not hide the house next door.
 * Unacknowledged places come first, the more severe and then the older before the younger.
 * @param {{alarms: any[], cases: any[]}} desk
 * @returns {{key: string, caseId: string, alarms: any[], waiting: number, record: any}[]}
 */
export function rowsOf({ alarms, cases }) {
  const byCase = new Map(cases.map(record => [record.id, record]));
  const rows = new Map();
  for (const alarm of alarms) {
    if (alarm.state === "cleared") continue;
    const key = `${alarm.siteId ?? alarm.address}/${alarm.caseId}`;
    let row = rows.get(key);
    if (!row) rows.set(key, row = { key, caseId: alarm.caseId, alarms: [], waiting: 0, record: byCase.get(alarm.caseId) ?? null });
    row.alarms.push(alarm);
    if (alarm.state === "raised") row.waiting += 1;
  }
  const covered = new Set();
  for (const row of rows.values()) {
    covered.add(row.caseId);
    row.severity = Math.max(...row.alarms.map((/** @type {any} */ alarm) => alarm.severity));
    row.firstAt = row.alarms.reduce((/** @type {string} */ first, /** @type {any} */ alarm) => alarm.firstAt < first ? alarm.firstAt : first, row.alarms[0].firstAt);
  }
  const list = [...rows.values()];
  for (const record of cases) {
    if (!covered.has(record.id)) list.push({ key: record.id, caseId: record.id, alarms: [], waiting: 0, record, severity: record.severity, firstAt: record.openedAt });
  }
  // A drill rings too, and never stands before a fire.
  const isDrill = (/** @type {any} */ row) => row.alarms.every((/** @type {any} */ alarm) => alarm.verdict === "drill");
  const rank = (/** @type {any} */ row) => row.waiting ? isDrill(row) ? 1 : 0 : row.alarms.length ? 2 : 3;
  return list.sort((a, b) => rank(a) - rank(b) || b.severity - a.severity || (a.firstAt < b.firstAt ? -1 : 1));
}

/** @param {{row: any, selected: boolean, onSelect: (row: any) => void}} props */
function Row({ row, selected, onSelect }) {
  const { alarms, record, waiting } = row, first = alarms[0];
  const kinds = [...new Set(alarms.map((/** @type {any} */ alarm) => word(`kind.${alarm.kind}`)))].join("、");
  const place = first ? first.siteName : record.title;
  const frames = alarms.reduce((/** @type {number} */ sum, /** @type {any} */ alarm) => sum + alarm.count, 0);
  const overdue = record?.overdue || (record?.dueAt && Date.parse(record.dueAt) < now());
  return html`<li class=${`item ${waiting ? "waiting" : ""}`} data-severity=${row.severity}>
    <button aria-current=${selected} onClick=${() => onSelect(row)}>
      <span class="line"><strong class="place">${place}</strong>
        <time title=${shortTime(row.firstAt)} class=${waiting ? "age hot" : "age"}>${since(row.firstAt)}</time></span>
      <span class="line second">${first ? html`${kinds} · ${alarms.length > 1 ? word("desk.detectors", { n: alarms.length }) : first.detectorName || first.address}` : html`${record.number} · ${record.areaName}`}</span>
      <span class="line tags">
        ${waiting ? html`<span class="badge solid">${word("alarmState.raised")}${waiting > 1 ? ` ${waiting}` : ""}</span>`
    : first ? html`<span class=${`badge ${first.state === "verified" ? "bad" : "warn"}`}>${first.state === "verified" ? word(`verdict.${first.verdict}`) : word(`alarmState.${first.state}`)}</span>` : null}
        ${waiting && first?.verdict === "drill" ? html`<span class="badge info">${word("verdict.drill")}</span>` : null}
        ${record ? html`<span class="badge info">${word(`state.${record.state}`)}</span>` : null}
        ${row.severity > 2 ? html`<span class="badge bad">${word(`severity.${row.severity}`)}</span>` : null}
        ${overdue ? html`<span class="badge bad">${word("overdue")}</span>` : null}
        ${first?.unknownPlace ? html`<span class="badge warn">${word("desk.unknownPlace")}</span>` : null}
        ${record?.unitNames.length ? html`<span class="units">${record.unitNames.join("、")}</span>` : null}
        ${frames > 1 ? html`<span class="frames" title=${word("desk.framesHint")}>×${frames}</span>` : null}
      </span>
    </button>
  </li>`;
}

/** @param {{desk: any, rows: any[], selectedKey: string|null, onSelect: (row: any) => void, wall: boolean}} props */
export function LiveList({ desk, rows, selectedKey, onSelect, wall }) {
  const [filter, setFilter] = useState("all");
  const [limit, setLimit] = useState(shownAtOnce);
  const filters = { all: () => true, waiting: (/** @type {any} */ row) => row.waiting > 0, overdue: (/** @type {any} */ row) => row.record?.overdue };
  const wanted = rows.filter(/** @type {any} */ (filters)[filter]);
  const shown = wanted.slice(0, limit);
  return html`<section class="pane list" aria-label=${word("desk.list")}>
    <header><h2>${word("desk.list")}</h2>
      ${wall ? null : html`<div class="segments" role="group" aria-label=${word("desk.filter")}>
        ${Object.keys(filters).map(name => html`<button aria-pressed=${filter === name} onClick=${() => setFilter(name)}>${word(`desk.filter.${name}`)}
          <b>${name === "all" ? rows.length : rows.filter(/** @type {any} */ (filters)[name]).length}</b></button>`)}</div>`}
    </header>
    ${shown.length === 0 ? html`<div class="empty"><svg class="icon" aria-hidden="true"><use href="/static/icons.svg#none" /></svg>
        <strong>${word("desk.calm")}</strong><span>${word("desk.calmHint")}</span></div>`
    : html`<ul class="items scroll" tabindex="-1">
        ${shown.map(row => html`<${Row} key=${row.key} row=${row} selected=${row.key === selectedKey} onSelect=${onSelect} />`)}
        ${wanted.length > limit ? html`<li class="rest"><button class="button" onClick=${() => setLimit(limit + 300)}>${word("desk.more", { n: wanted.length - limit })}</button></li>` : null}
      </ul>`}
    <${Units} units=${desk.units} />
  </section>`;
}

/** @param {{units: any[]}} props */
function Units({ units }) {
  return html`<section class="unit-list" aria-label=${word("desk.units")}>
    <header><h3>${word("desk.units")}</h3><span class="hint">${word("desk.unitsFree", { n: units.filter(unit => unit.state === "available").length, all: units.length })}</span></header>
    <ul>${units.map(unit => html`<li key=${unit.id}><span class="name">${unit.name}</span>
      <span class=${`badge ${unitTint(unit.state)}`}>${word(`unitState.${unit.state}`)}</span></li>`)}</ul>
  </section>`;
}

/** @param {string} state */
export function unitTint(state) {
  return state === "available" ? "ok" : state === "offDuty" ? "" : state === "onScene" || state === "arrived" ? "bad" : "warn";
}
