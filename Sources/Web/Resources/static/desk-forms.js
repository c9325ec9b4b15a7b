// The desk's dialogs: verify, dispatch, note, help. Native <dialog>, so that Esc, focus and the backdrop are the browser's.
import { html, useEffect, useRef, useState } from "/vendor/preact.js";
import { word } from "./text.js";
import { unitTint } from "./desk-list.js";

const verdicts = ["real", "false", "test", "drill"];
const sources = ["camera", "owner", "patrol", "brigade", "contractor"];

/** @param {{title: string, onClose: () => void, onSubmit?: () => Promise<void>, submit?: string, danger?: boolean, children: any}} props */
function Dialog({ title, onClose, onSubmit, submit, danger, children }) {
  const box = useRef(/** @type {HTMLDialogElement|null} */ (null));
  const [busy, setBusy] = useState(false);
  useEffect(() => { box.current?.showModal(); }, []);
  const send = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (busy || !onSubmit) return;
    setBusy(true);
    try { await onSubmit(); onClose(); } catch { setBusy(false); /* the toast says why; what was written stays */ }
  };
  return html`<dialog ref=${box} onClose=${onClose} aria-labelledby="dialog-title"><form onSubmit=${send}>
    <header><h2 id="dialog-title">${title}</h2><button type="button" class="button quiet small end" aria-label=${word("close")} onClick=${onClose}><svg class="icon" aria-hidden="true"><use href="/static/icons.svg#close" /></svg></button></header>
    <div class="body">${children}</div>
    ${onSubmit ? html`<footer><button type="button" class="button" onClick=${onClose}>${word("cancel")}</button>
      <button class=${`button ${danger ? "danger" : "primary"}`} disabled=${busy}>${submit}</button></footer>` : null}
  </form></dialog>`;
}

/** @param {{value: string, onInput: (text: string) => void, required?: boolean, label?: string}} props */
function Note({ value, onInput, required, label }) {
  return html`<div class="field"><label for="dialog-note">${label ?? word("form.note")}</label>
    <textarea id="dialog-note" maxlength="2000" required=${required} value=${value} onInput=${(/** @type {any} */ event) => onInput(event.target.value)}></textarea></div>`;
}

/** @param {{record: any, onClose: () => void, onVerify: (verdict: string, note: string, secondSource: string) => Promise<void>}} props */
export function VerifyDialog({ record, onClose, onVerify }) {
  const [verdict, setVerdict] = useState("");
  const [note, setNote] = useState("");
  const [source, setSource] = useState("");
  // Standing the brigade down takes a person and a second source.
  const standsDown = verdict !== "" && verdict !== "real";
  const byKey = (/** @type {KeyboardEvent} */ event) => {
    const chosen = verdicts[Number(event.key) - 1];
    if (chosen && !(event.target instanceof HTMLTextAreaElement)) { event.preventDefault(); setVerdict(chosen); }
  };
  return html`<div onKeyDown=${byKey}><${Dialog} title=${word("verify.title")} onClose=${onClose} submit=${word("verify.submit")} danger=${verdict === "real"} onSubmit=${async () => onVerify(verdict, note, source)}>
    <p class="hint">${record.title} · ${record.number}</p>
    <fieldset><legend>${word("verify.what")}</legend>
      ${verdicts.map((name, index) => html`<label class="choice"><input type="radio" name="verdict" required checked=${verdict === name} onChange=${() => setVerdict(name)} />
        <span><strong>${word(`verdict.${name}`)}</strong> <span class="hint">${word(`verdictHint.${name}`)}</span></span><kbd class="end" aria-hidden="true">${index + 1}</kbd></label>`)}</fieldset>
    ${standsDown ? html`<div class="field"><label for="second-source">${word("verify.source")}</label>
      <select id="second-source" required value=${source} onChange=${(/** @type {any} */ event) => setSource(event.target.value)}><option value="">${word("verify.chooseSource")}</option>
        ${sources.map(name => html`<option value=${name}>${word(`source.${name}`)}</option>`)}</select></div>` : null}
    <${Note} value=${note} onInput=${setNote} required=${standsDown} label=${word("verify.note")} /><//></div>`;
}

/** @param {{record: any, units: any[], onClose: () => void, onDispatch: (unitIds: string[], note: string) => Promise<void>}} props */
export function DispatchDialog({ record, units, onClose, onDispatch }) {
  const [chosen, setChosen] = useState(/** @type {string[]} */ ([]));
  const [note, setNote] = useState("");
  const sent = new Set(record.tasks.filter((/** @type {any} */ task) => !["declined", "done"].includes(task.state)).map((/** @type {any} */ task) => task.unitId));
  const toggle = (/** @type {string} */ id) => setChosen(chosen.includes(id) ? chosen.filter(other => other !== id) : [...chosen, id]);
  return html`<${Dialog} title=${word("dispatch.title")} onClose=${onClose} submit=${word("dispatch.submit", { n: chosen.length })} onSubmit=${async () => { if (chosen.length === 0) throw new Error("nobody chosen"); await onDispatch(chosen, note); }}>
    <p class="hint">${record.title} · ${record.number}</p>
    <fieldset><legend>${word("dispatch.who")}</legend>
      ${units.length === 0 ? html`<p>${word("dispatch.none")}</p>` : null}
      ${units.map(unit => html`<label class="choice"><input type="checkbox" disabled=${sent.has(unit.id)} checked=${chosen.includes(unit.id) || sent.has(unit.id)} onChange=${() => toggle(unit.id)} />
        <span><strong>${unit.name}</strong> <span class="hint">${word(`unitKind.${unit.kind}`)}${unit.phone ? ` · ${unit.phone}` : ""}</span></span>
        <span class=${`badge end ${unitTint(unit.state)}`}>${sent.has(unit.id) ? word("dispatch.already") : word(`unitState.${unit.state}`)}</span></label>`)}</fieldset>
    <${Note} value=${note} onInput=${setNote} label=${word("dispatch.note")} /><//>`;
}

/** @param {{record: any, onClose: () => void, onNote: (text: string) => Promise<void>}} props */
export function NoteDialog({ record, onClose, onNote }) {
  const [note, setNote] = useState("");
  return html`<${Dialog} title=${word("note.title")} onClose=${onClose} submit=${word("note.submit")} onSubmit=${async () => onNote(note)}>
    <p class="hint">${record.title} · ${record.number}</p><${Note} value=${note} onInput=${setNote} required=${true} /><//>`;
}

/** @param {{onClose: () => void}} props */
export function HelpDialog({ onClose }) {
  return html`<${Dialog} title=${word("help.title")} onClose=${onClose}><dl class="facts keys">
    ${["A", "V", "D", "N", "J", "K", "M", "?"].map(key => html`<dt><kbd>${key}</kbd></dt><dd>${word(`help.${key}`)}</dd>`)}</dl><//>`;
}
