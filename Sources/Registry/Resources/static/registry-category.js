// The form of a category: what is kept, why, who sees what, how it is found, drawn and checked. The server decides whether
// it holds; this page shows what it says at the place it says it of.
import { html, render, useState } from "/vendor/preact.js";
import { api } from "./api.js";
import { fieldCard } from "./registry-field.js";

const root = /** @type {HTMLElement} */ (document.getElementById("editor"));
const given = JSON.parse(document.getElementById("editor-data")?.textContent ?? "{}");
/** @param {string} key */
const word = key => given.words[key] ?? key;
const state = {
  category: given.declaration, reason: "", isChanged: false, isBusy: false,
  /** @type {any} */ verdict: null, json: /** @type {string|null} */ (null), jsonFlaw: "",
  open: /** @type {Set<any>} */ (new Set()),
};

/** Changes the declaration; what the server said of the one before no longer counts. @param {(category: any) => void} work */
function change(work) {
  work(state.category);
  Object.assign(state, { isChanged: true, verdict: null });
  draw();
}

/** What an empty input means to the server: nothing, not an empty text. @param {any} value */
function bare(value) {
  if (Array.isArray(value)) return value.map(bare);
  if (!value || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== null && part !== undefined && !(typeof part === "number" && Number.isNaN(part)))
    .map(([key, part]) => [key, bare(part)]));
}
const declaration = () => {
  const category = bare(state.category);
  for (const key of ["birth", "address", "point"]) if (!category[key]) delete category[key];
  category.fields = category.fields.map((/** @type {any} */ field) => {
    const kept = { ...field };
    for (const key of ["unit", "pattern", "search"]) if (!kept[key]) delete kept[key];
    for (const key of ["codes", "aliases"]) if (!kept[key]?.length) delete kept[key];
    if (!kept.purpose?.["zh-CN"]) delete kept.purpose;
    if (kept.type !== "code") delete kept.codes;
    return kept;
  });
  return category;
};

async function check() {
  if (state.isBusy) return null;
  Object.assign(state, { isBusy: true });
  draw();
  try {
    state.verdict = await api("POST", "/api/v1/categories/check", { body: { declaration: declaration() }, timeoutMs: 120000 });
    for (const line of [...state.verdict.flaws, ...state.verdict.clashes]) {
      const field = state.category.fields.find((/** @type {any} */ one) => `fields.${one.key}` === line.place);
      if (field) state.open.add(field);
    }
  } catch { state.verdict = null; /* the toast says why */ }
  state.isBusy = false;
  draw();
  return state.verdict;
}

async function save(/** @type {Event} */ event) {
  event.preventDefault();
  const verdict = await check();
  if (!verdict) return;
  if (!verdict.holds) { document.getElementById("verdict")?.focus(); return; }
  state.isBusy = true;
  draw();
  try {
    const key = encodeURIComponent(state.category.key), body = { declaration: declaration(), reason: state.reason, version: given.version };
    await api(given.isNew ? "POST" : "PUT", given.isNew ? "/api/v1/categories" : `/api/v1/categories/${key}`, { body, timeoutMs: 120000 });
    state.isChanged = false;
    location.assign(`/registry/categories/${key}?done=saved`);
  } catch { state.isBusy = false; draw(); }
}

/** @param {{id: string, label: string, hint?: string, flaw?: string, children?: any, wide?: boolean}} props */
export function Line({ id, label, hint, flaw, children, wide }) {
  return html`<div class=${`field ${wide ? "wide" : ""}`}><label for=${id}>${label}</label>${children}${hint ? html`<span class="hint">${hint}</span>` : null}${flaw ? html`<span class="error">${flaw}</span>` : null}</div>`;
}
/** What the server said of a place. @param {string} place */
const flaw = place => [...state.verdict?.flaws ?? [], ...state.verdict?.clashes ?? []].filter(line => line.place === place).map(line => line.text).join("；");

/** @param {string} key @param {any} [options] */
function text(key, { label = word(key), hint = "", wide = false, locked = false } = {}) {
  const id = `c-${key}`;
  return html`<${Line} id=${id} label=${label} hint=${hint} wide=${wide} flaw=${flaw(key)}><input id=${id} value=${state.category[key] ?? ""} maxlength="200" disabled=${locked}
    onInput=${(/** @type {any} */ e) => change(c => { c[key] = e.target.value; })} /><//>`;
}
/** Words in Chinese, with the English ones beside. @param {string} key @param {boolean} [wide] */
function words(key, wide = false) {
  const id = `c-${key}`;
  return html`<${Line} id=${id} label=${word(key)} wide=${wide} flaw=${flaw(key)}><input id=${id} value=${state.category[key]["zh-CN"]} maxlength="200"
      onInput=${(/** @type {any} */ e) => change(c => { c[key]["zh-CN"] = e.target.value; })} />
    <input class="second" aria-label=${`${word(key)} · English`} placeholder="English" value=${state.category[key].en} maxlength="300" onInput=${(/** @type {any} */ e) => change(c => { c[key].en = e.target.value; })} /><//>`;
}
/** @param {string} key @param {number} low @param {number} high */
function number(key, low, high) {
  const id = `c-${key}`;
  return html`<${Line} id=${id} label=${word(key)} flaw=${flaw(key)}><input id=${id} type="number" min=${low} max=${high} value=${state.category[key]}
    onInput=${(/** @type {any} */ e) => change(c => { c[key] = Math.trunc(Number(e.target.value)) || 0; })} /><//>`;
}
/** @param {string} key @param {{key: string, name: string}[]} choices @param {string} value @param {(value: string) => void} take @param {string} [label] @param {string} [hint] */
function choice(key, choices, value, take, label = word(key), hint = "") {
  const id = `c-${key}`;
  return html`<${Line} id=${id} label=${label} hint=${hint} flaw=${flaw(key)}><select id=${id} value=${value} onChange=${(/** @type {any} */ e) => take(e.target.value)}>
    ${choices.map(one => html`<option value=${one.key} selected=${one.key === value}>${one.name}</option>`)}</select><//>`;
}
const none = () => ({ key: "", name: word("none") });
/** The fields of some kinds, to choose from. @param {string[]} [kinds] */
const fields = kinds => state.category.fields.filter((/** @type {any} */ field) => !kinds || kinds.includes(field.type))
  .map((/** @type {any} */ field) => ({ key: field.key, name: `${field.name["zh-CN"] || field.key}` }));

function Basics() {
  const c = state.category;
  return html`<section class="card"><header><h2>${word("basics")}</h2></header><div class="body form-grid">
    ${words("name")}${text("key", { locked: !given.isNew, hint: given.isNew ? word("keyHint") : "" })}
    ${choice("class", given.classes, c.class, value => change(it => { it.class = value; }))}
    ${choice("module", given.modules.map((/** @type {string} */ name) => ({ key: name, name })), c.module, value => change(it => { it.module = value; }))}
    ${choice("drawn", [{ key: "point", name: word("drawPoint") }, { key: "none", name: word("drawNone") }], c.drawn.as, value => change(it => { it.drawn.as = value; }))}
    ${choice("tint", given.tints, c.drawn.tint, value => change(it => { it.drawn.tint = value; }))}
    <fieldset class="wide"><legend>${word("icon")}</legend><div class="icons">${given.icons.map((/** @type {any} */ icon) => html`<label class="icon-choice" title=${icon.name}><input class="sr" type="radio" name="icon" value=${icon.key} checked=${c.drawn.icon === icon.key}
      onChange=${() => change(it => { it.drawn.icon = icon.key; })} /><svg class="icon" aria-hidden="true"><use href=${`/static/icons.svg#${icon.key}`} /></svg><span class="sr">${icon.name}</span></label>`)}</div></fieldset>
  </div></section>
  <section class="card"><header><h2>${word("law")}</h2></header><div class="body form-grid">${words("purpose")}${words("basis")}${words("owner")}
    ${number("retentionDays", 30, 36500)}${number("verifyDays", 1, 3650)}${number("order", 0, 9999)}</div></section>`;
}

function Fields() {
  const list = state.category.fields;
  return html`<section class="card"><header><h2>${word("fields")} (${list.length})</h2></header>
    ${flaw("fields") ? html`<p class="body error-line" role="alert">${flaw("fields")}</p>` : null}
    <div class="field-list">${list.map((/** @type {any} */ field, /** @type {number} */ index) => fieldCard({ field, index, count: list.length, given, word, change, flaw: flaw(`fields.${field.key}`), open: state.open, draw }))}</div>
    <div class="body"><button class="button" type="button" onClick=${() => change(c => {
      const field = { key: "", name: { "zh-CN": "", en: "" }, type: "text", guard: c.class === "things" ? "open" : "personal", see: { plain: ["clerk", "grid"], masked: [] }, list: true };
      c.fields.push(field);
      state.open.add(field);
    })}><svg class="icon" aria-hidden="true"><use href="/static/icons.svg#add" /></svg>${word("addField")}</button></div></section>`;
}

function Finding() {
  const c = state.category;
  const all = fields();
  return html`<section class="card"><header><h2>${word("find")}</h2></header><div class="body"><div class="form-grid">
    ${choice("label", all, c.label, value => change(it => { it.label = value; }))}
    ${choice("birth", [none(), ...fields(["date"])], c.birth ?? "", value => change(it => { it.birth = value; }))}
    ${choice("address", [none(), ...fields(["address"])], c.address ?? "", value => change(it => { it.address = value; }))}
    ${choice("point", [none(), ...fields(["point"])], c.point ?? "", value => change(it => { it.point = value; }))}</div>
    <p class="hint">${word("identityHint")}</p>${flaw("identity") ? html`<p class="error-line" role="alert">${flaw("identity")}</p>` : null}
    ${c.identity.map((/** @type {string[]} */ set, /** @type {number} */ index) => html`<fieldset class="set"><legend>${word("identity")} ${index + 1}</legend><div class="ticks">${all.map((/** @type {any} */ field) => html`<label class="tick"><input type="checkbox" checked=${set.includes(field.key)}
      onChange=${() => change(it => { it.identity[index] = set.includes(field.key) ? set.filter(key => key !== field.key) : [...set, field.key]; })} /> ${field.name}</label>`)}</div>
      <button class="button small quiet" type="button" onClick=${() => change(it => { it.identity.splice(index, 1); })}>${word("remove")}</button></fieldset>`)}
    <button class="button small" type="button" onClick=${() => change(it => { it.identity.push([]); })}>${word("addSet")}</button></div></section>`;
}

function Rules() {
  const c = state.category;
  return html`<section class="card"><header><h2>${word("rules")} (${c.rules.length})</h2></header>
    ${flaw("rules") ? html`<p class="body error-line" role="alert">${flaw("rules")}</p>` : null}
    ${c.rules.map((/** @type {any} */ rule, /** @type {number} */ index) => {
      const kind = given.rules.find((/** @type {any} */ one) => one.key === rule.rule);
      const put = (/** @type {(rule: any) => void} */ work) => change(it => { work(it.rules[index]); });
      const pick = (/** @type {string} */ name, /** @type {any[]} */ choices, /** @type {string} */ value, /** @type {(value: string) => void} */ take) => html`<${Line} id=${`r-${index}-${name}`} label=${word(name)}>
        <select id=${`r-${index}-${name}`} onChange=${(/** @type {any} */ e) => take(e.target.value)}>${choices.map(one => html`<option value=${one.key} selected=${one.key === value}>${one.name}</option>`)}</select><//>`;
      return html`<div class="body rule"><div class="form-grid">
        ${pick("rules", given.rules, rule.rule, value => put(it => { const next = given.rules.find((/** @type {any} */ one) => one.key === value); it.rule = value; it.fields = next.takes.map((/** @type {string[]} */ kinds) => fields(kinds)[0]?.key ?? ""); if (!next.hasValue) delete it.value; else it.value ??= 0; }))}
        ${kind.takes.map((/** @type {string[]} */ kinds, /** @type {number} */ place) => html`<${Line} id=${`r-${index}-f${place}`} label=${`${word("fields")} ${place + 1}`}><select id=${`r-${index}-f${place}`} onChange=${(/** @type {any} */ e) => put(it => { it.fields[place] = e.target.value; })}>
          ${[none(), ...fields(kinds)].map(one => html`<option value=${one.key} selected=${one.key === (rule.fields[place] ?? "")}>${one.name}</option>`)}</select><//>`)}
        ${kind.hasValue ? html`<${Line} id=${`r-${index}-v`} label=${word("value")}><input id=${`r-${index}-v`} type="number" step="any" value=${rule.value ?? 0} onInput=${(/** @type {any} */ e) => put(it => { it.value = Number(e.target.value); })} /><//>` : null}
        ${pick("when", [{ key: "", name: word("always") }, ...fields(["code", "flag"])], rule.when?.field ?? "", value => put(it => { if (value) it.when = { field: value, is: "1" }; else delete it.when; }))}
        ${rule.when ? pick("whenIs", codes(rule.when.field), rule.when.is, value => put(it => { it.when.is = value; })) : null}
        ${pick("weight", given.weights, rule.weight, value => put(it => { it.weight = value; }))}</div>
        <button class="button small quiet" type="button" onClick=${() => change(it => { it.rules.splice(index, 1); })}>${word("remove")}</button></div>`;
    })}
    <div class="body"><button class="button small" type="button" onClick=${() => change(it => { it.rules.push({ rule: "not-in-future", fields: [fields(["date"])[0]?.key ?? ""], weight: "doubt" }); })}>${word("addRule")}</button></div></section>`;
}
/** The values that a condition may ask for. @param {string} key */
function codes(key) {
  const field = state.category.fields.find((/** @type {any} */ one) => one.key === key);
  if (field?.type !== "code") return [{ key: "1", name: "✓" }, { key: "0", name: "✗" }];
  return (field.codes ?? []).map((/** @type {any} */ code) => ({ key: code.key, name: code.name["zh-CN"] }));
}

function Verdict() {
  const verdict = state.verdict;
  /** @param {string} title @param {any[]} lines @param {string} tint */
  const part = (title, lines, tint) => lines.length ? html`<div class=${`said ${tint}`}><strong>${word(title)}</strong><ul>${lines.map(line => html`<li>${line.place.startsWith("fields.") && title === "flaws" ? html`<code>${line.place.slice(7)}</code> ` : null}${line.text}</li>`)}</ul></div>` : null;
  return html`<form class="card" onSubmit=${save}><header><h2>${word("check")}</h2></header><div class="body">
    <div id="verdict" tabindex="-1" role="status">${verdict ? html`
      ${verdict.holds ? html`<p class="badge ok">${word("holds")}</p>` : null}
      ${part("flaws", verdict.flaws, "bad")}${part("clashes", verdict.clashes, "bad")}${part("warnings", verdict.warnings, "warn")}${part("changes", verdict.changes, "info")}
      ${!given.isNew && verdict.holds && verdict.changes.length === 0 ? html`<p class="hint">${word("nothing")}</p>` : null}
      <p class="hint">${word("records")}: ${verdict.records}${verdict.derives ? ` · ${word("derives")}` : ""}</p>` : state.isChanged ? html`<p class="hint">${word("unsaved")}</p>` : null}</div>
    <${Line} id="reason" label=${word("reason")}><input id="reason" required minlength="2" maxlength="200" value=${state.reason} onInput=${(/** @type {any} */ e) => { state.reason = e.target.value; }} /><//>
    <div class="form-end"><button class="button" type="button" disabled=${state.isBusy} onClick=${check}>${state.isBusy ? word("checking") : word("check")}</button><button class="button primary" disabled=${state.isBusy}>${word("save")}</button></div></div></form>
  <details class="card older" onToggle=${(/** @type {any} */ e) => { state.json = e.target.open ? JSON.stringify(declaration(), null, 2) : null; draw(); }}><summary>${word("json")}</summary>${state.json === null ? null : html`<div class="body"><p class="hint">${word("jsonHint")}</p>
    <textarea class="mono" aria-label="JSON" rows="14" spellcheck=${false} value=${state.json} onInput=${(/** @type {any} */ e) => { state.json = e.target.value; }}></textarea>
    ${state.jsonFlaw ? html`<p class="error-line" role="alert">${state.jsonFlaw}</p>` : null}
    <button class="button small" type="button" onClick=${apply}>${word("jsonApply")}</button></div>`}</details>`;
}

/** Takes a whole declaration that somebody pasted; one without its parts is none. */
function apply() {
  try {
    const read = JSON.parse(state.json ?? "");
    const isWhole = read && [read.name, read.purpose, read.basis, read.owner, read.drawn].every(part => part && typeof part === "object") && [read.fields, read.rules, read.identity].every(Array.isArray);
    if (!isWhole) throw new Error("incomplete");
    if (!given.isNew) read.key = given.declaration.key;
    state.jsonFlaw = "";
    change(() => { state.category = read; });
  } catch { state.jsonFlaw = word("jsonWrong"); draw(); }
}

function Editor() {
  const [, again] = useState(0);
  redraw = () => again((/** @type {number} */ n) => n + 1);
  return html`<div class="columns"><div><${Basics} stamp=${{}} /><${Fields} stamp=${{}} /><${Finding} stamp=${{}} /><${Rules} stamp=${{}} /></div><div class="beside"><${Verdict} stamp=${{}} /><div id="versions-place"></div></div></div>`;
}
let redraw = () => {};
const draw = () => redraw();

window.addEventListener("beforeunload", event => { if (state.isChanged) event.preventDefault(); });
root.replaceChildren();
render(html`<${Editor} />`, root);
// The versions are the server's own list; it stands beside the form.
const versions = document.getElementById("versions");
if (versions) document.getElementById("versions-place")?.replaceWith(versions);
