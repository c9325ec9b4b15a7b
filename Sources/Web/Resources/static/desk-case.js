// The open case beside the map: what happened, how the clocks stand, what may be done next.
import { html } from "/vendor/preact.js";
import { now, shortTime, span, word } from "./text.js";

/** @param {{clock: any, age: number}} props age: ms since the case was fetched */
function Clock({ clock, age }) {
  const elapsed = clock.elapsedMs + (clock.paused ? 0 : age), left = clock.limitMs - elapsed;
  const tint = clock.paused ? "off" : left < 0 ? "bad" : left < clock.limitMs * 0.25 ? "warn" : "";
  const text = clock.paused ? word("clock.paused") : left < 0 ? word("clock.over", { span: span(-left) }) : word("clock.left", { span: span(left) });
  const name = word(`clock.name.${clock.name}`);
  return html`<div class="clock-row"><span>${name}</span><strong class=${tint === "bad" ? "hot" : ""}>${text}</strong>
    <div class=${`bar ${tint}`} role="img" aria-label=${`${name}: ${text}`}><i style=${`width:${Math.min(100, Math.max(0, 100 * elapsed / clock.limitMs))}%`}></i></div>
    <span class="hint">${word("clock.due", { time: shortTime(clock.dueAt) })}</span></div>`;
}

/** @param {{alarm: any}} props */
function Alarm({ alarm }) {
  const tint = alarm.state === "raised" ? "solid" : alarm.verdict === "real" ? "bad" : "warn";
  return html`<li><div class="row"><strong>${word(`kind.${alarm.kind}`)}</strong><span>${alarm.detectorName || alarm.address}</span>
      <span class=${`badge end ${tint}`}>${alarm.verdict ? word(`verdict.${alarm.verdict}`) : word(`alarmState.${alarm.state}`)}</span></div>
    <div class="hint">${word("alarm.times", { first: shortTime(alarm.firstAt), last: shortTime(alarm.lastAt), n: alarm.count })} · <span class="mono">${alarm.address}</span></div>
    ${alarm.reasons.length ? html`<ul class="reasons" aria-label=${word("alarm.reasons")}>${alarm.reasons.map((/** @type {any} */ reason) => html`<li>${reason.text} <code>${reason.rule}</code></li>`)}</ul>` : null}</li>`;
}

const keyOf = /** @type {Record<string, string>} */ ({ acknowledge: "A", verify: "V", dispatch: "D", note: "N" });

/** @param {{record: any, fetchedAt: number, canAct: boolean, onAction: (name: string) => void}} props */
export function CasePanel({ record, fetchedAt, canAct, onAction }) {
  if (!record) {
    return html`<section class="pane case" aria-label=${word("desk.case")}><header><h2>${word("desk.case")}</h2></header>
      <div class="empty"><svg class="icon" aria-hidden="true"><use href="/static/icons.svg#cases" /></svg><strong>${word("desk.noCase")}</strong><span>${word("desk.noCaseHint")}</span></div></section>`;
  }
  const age = now() - fetchedAt;
  const main = ["acknowledge", "verify", "dispatch", "note"].filter(name => record.allowed.includes(name));
  const page = `/cases/${encodeURIComponent(record.id)}#moves`, closes = record.allowed.includes("close");
  const other = record.allowed.filter((/** @type {string} */ name) => !(name in keyOf) && name !== "close");
  return html`<section class="pane case" aria-label=${word("desk.case")}>
    <header><div class="title"><h2>${record.title}</h2>
      <div class="hint"><a href=${`/cases/${encodeURIComponent(record.id)}`}>${record.number}</a> · ${record.areaName} · ${shortTime(record.openedAt)}</div>
      <div class="tags"><span class="badge info">${word(`state.${record.state}`)}</span>
        <span class=${`badge ${record.severity > 2 ? "bad" : record.severity > 1 ? "warn" : ""}`}>${word(`severity.${record.severity}`)}</span>
        ${record.overdue ? html`<span class="badge bad">${word("overdue")}</span>` : null}</div></div></header>
    ${canAct && record.allowed.length ? html`<div class="actions">
      ${closes ? html`<a class="button primary" href=${page}>${word("action.close")}</a>` : null}
      ${main.map((name, index) => html`<button class=${`button ${index === 0 && !closes ? name === "acknowledge" ? "danger" : "primary" : ""}`} onClick=${() => onAction(name)}>${word(`action.${name}`)} <kbd aria-hidden="true">${keyOf[name]}</kbd></button>`)}
      ${other.length ? html`<a class="button quiet" href=${page}>${word("desk.otherMoves", { n: other.length })}</a>` : null}</div>` : null}
    <div class="scroll" tabindex="0" role="group" aria-label=${word("desk.caseDetails")}>
      ${record.clocks.length ? html`<div class="block">${record.clocks.map((/** @type {any} */ clock) => html`<${Clock} clock=${clock} age=${age} />`)}</div>` : null}
      ${record.alarms.length ? html`<div class="block"><h3>${word("desk.alarms")} <b>${record.alarms.length}</b></h3><ul class="alarms">${record.alarms.slice(0, 30).map((/** @type {any} */ alarm) => html`<${Alarm} alarm=${alarm} />`)}</ul>
        ${record.alarms.length > 30 ? html`<a href=${`/cases/${encodeURIComponent(record.id)}`}>${word("desk.more", { n: record.alarms.length - 30 })}</a>` : null}</div>` : null}
      ${record.tasks.length ? html`<div class="block"><h3>${word("desk.tasks")}</h3><ul>${record.tasks.map((/** @type {any} */ task) => html`<li class="row pair"><span>${task.unitName}</span><span class=${`badge end ${task.state === "offered" ? "warn" : task.state === "done" ? "ok" : "info"}`}>${word(`taskState.${task.state}`)}</span><time class="hint">${shortTime(task.at)}</time></li>`)}</ul></div>` : null}
      ${record.messages.length ? html`<div class="block"><h3>${word("desk.told")}</h3><ul>${record.messages.map((/** @type {any} */ message) => html`<li class="row pair"><span>${message.to}</span><span class="hint">${word(`channel.${message.channel}`)}</span><span class=${`badge end ${message.state === "failed" ? "bad" : message.state === "delivered" || message.state === "confirmed" ? "ok" : ""}`}>${word(`messageState.${message.state}`)}</span><time class="hint">${shortTime(message.at)}</time></li>`)}</ul></div>` : null}
      ${record.attachments.length ? html`<div class="block"><h3>${word("desk.photos")}</h3><div class="thumbs">${record.attachments.map((/** @type {any} */ photo) => html`<a href=${photo.url} target="_blank" rel="noopener"><img src=${photo.thumbnailUrl} alt=${photo.name} loading="lazy" /></a>`)}</div></div>` : null}
      <div class="block"><h3>${word("desk.timeline")}</h3><ol class="timeline">${[...record.timeline].reverse().map((/** @type {any} */ entry) => html`<li key=${entry.seq}><div class="when"><time>${shortTime(entry.at)}</time><span>${entry.actor}</span></div>${entry.text}</li>`)}</ol></div>
    </div>
  </section>`;
}
