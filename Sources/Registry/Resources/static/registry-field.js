// One field of a category's form: what it holds, who sees it how, how it is found.
import { html } from "/vendor/preact.js";

/** Types that a code list, a number's bounds, a length or a pattern go with. */
const numbers = ["integer", "decimal"], texts = ["text", "longText", "address", "personName"];

/**
 * @param {{field: any, index: number, count: number, given: any, word: (key: string) => string, change: (work: (category: any) => void) => void,
 *   flaw: string, open: Set<any>, draw: () => void}} props
 */
export function fieldCard({ field, index, count, given, word, change, flaw, open, draw }) {
  const id = (/** @type {string} */ name) => `f${index}-${name}`;
  const put = (/** @type {(field: any) => void} */ work) => change(c => { work(c.fields[index]); });
  const name = (/** @type {any[]} */ list, /** @type {string} */ key) => list.find(one => one.key === key)?.name ?? key;
  const line = (/** @type {string} */ key, /** @type {any} */ control, hint = "", wide = false) => html`<div class=${`field ${wide ? "wide" : ""}`}><label for=${id(key)}>${word(key)}</label>${control}${hint ? html`<span class="hint">${hint}</span>` : null}</div>`;
  const text = (/** @type {string} */ key, hint = "", max = 60) => line(key, html`<input id=${id(key)} value=${field[key] ?? ""} maxlength=${max} onInput=${(/** @type {any} */ e) => put(f => { f[key] = e.target.value; })} />`, hint);
  const number = (/** @type {string} */ key, hint = "") => line(key, html`<input id=${id(key)} type="number" step="any" value=${field[key] ?? ""} onInput=${(/** @type {any} */ e) => put(f => { if (e.target.value === "") delete f[key]; else f[key] = Number(e.target.value); })} />`, hint);
  const pick = (/** @type {string} */ key, /** @type {any[]} */ choices, hint = "") => line(key, html`<select id=${id(key)} onChange=${(/** @type {any} */ e) => put(f => { f[key] = e.target.value; if (key === "type" && e.target.value === "code") f.codes ??= []; })}>${choices.map(one => html`<option value=${one.key} selected=${one.key === (field[key] ?? "")}>${one.name}</option>`)}</select>`, hint);
  const tick = (/** @type {string} */ key) => html`<label class="tick"><input type="checkbox" checked=${field[key] === true} onChange=${(/** @type {any} */ e) => put(f => { if (e.target.checked) f[key] = true; else delete f[key]; })} /> ${word(key)}</label>`;
  const move = (/** @type {number} */ to) => change(c => { const [moved] = c.fields.splice(index, 1); c.fields.splice(to, 0, moved); });
  const title = field.name["zh-CN"] || field.key || "—";
  const seen = field.see.plain.map((/** @type {string} */ role) => name(given.roles, role)).join("、");
  const isOpen = open.has(field);
  return html`<details class=${`field-card ${flaw ? "wrong" : ""}`} open=${isOpen} onToggle=${(/** @type {any} */ e) => { if (e.target.open === open.has(field)) return; if (e.target.open) open.add(field); else open.delete(field); draw(); }}>
    <summary><strong>${title}</strong>${field.required ? html`<span class="badge">${word("required")}</span>` : null}<span class="hint">${name(given.types, field.type)}</span><span class=${`badge ${field.guard === "open" ? "" : field.guard === "personal" ? "info" : "warn"}`}>${name(given.guards, field.guard)}</span><span class="hint end">${word("seenBy")}: ${seen || word("nobody")}</span></summary>
    ${isOpen ? html`<div class="body">${flaw ? html`<p class="error-line" role="alert">${flaw}</p>` : null}
    <div class="form-grid">
      <div class="field"><label for=${id("name")}>${word("name")}</label><input id=${id("name")} value=${field.name["zh-CN"]} maxlength="40" onInput=${(/** @type {any} */ e) => put(f => { f.name["zh-CN"] = e.target.value; })} /><input class="second" aria-label=${`${word("name")} · English`} placeholder="English" value=${field.name.en} maxlength="60" onInput=${(/** @type {any} */ e) => put(f => { f.name.en = e.target.value; })} /></div>
      ${text("key", word("keyHint"), 30)}${pick("type", given.types)}${pick("guard", given.guards)}
      ${pick("search", [{ key: "", name: word("none") }, ...given.searches])}
      ${line("fieldDays", html`<input id=${id("fieldDays")} type="number" min="1" max="3650" placeholder=${word("asCategory")} value=${field.verifyDays ?? ""} onInput=${(/** @type {any} */ e) => put(f => { if (e.target.value === "") delete f.verifyDays; else f.verifyDays = Math.trunc(Number(e.target.value)); })} />`)}
      ${numbers.includes(field.type) ? html`${text("unit", "", 12)}${number("min")}${number("max")}` : null}
      ${texts.includes(field.type) ? line("lengthMax", html`<input id=${id("lengthMax")} type="number" min="1" max="2000" value=${field.max ?? ""} onInput=${(/** @type {any} */ e) => put(f => { if (e.target.value === "") delete f.max; else f.max = Math.trunc(Number(e.target.value)); })} />`) : null}
      ${field.type === "text" ? text("pattern", word("patternHint"), 120) : null}
      ${line("aliases", html`<input id=${id("aliases")} value=${(field.aliases ?? []).join("、")} maxlength="300" onChange=${(/** @type {any} */ e) => put(f => { f.aliases = e.target.value.split(/[、,，;；]/).map((/** @type {string} */ part) => part.trim()).filter(Boolean); })} />`, word("aliasHint"), true)}
      ${field.guard === "sensitive" ? line("ownPurpose", html`<input id=${id("ownPurpose")} value=${field.purpose?.["zh-CN"] ?? ""} maxlength="200" onInput=${(/** @type {any} */ e) => put(f => { f.purpose = { "zh-CN": e.target.value, en: f.purpose?.en ?? "" }; })} />`, "", true) : null}
    </div>
    <div class="ticks">${tick("required")}${tick("list")}${["code", "flag"].includes(field.type) ? tick("filter") : null}${tick("twoPeople")}</div>
    ${field.type === "code" ? codeTable({ field, put, word, id }) : null}
    <fieldset><legend>${word("see")}</legend><p class="hint">${word("seeHint")}</p><div class="table"><table class="masks"><thead><tr><th>${word("role")}</th><th>${word("hidden")}</th><th>${word("masked")}</th><th>${word("plain")}</th></tr></thead><tbody>${given.roles.map((/** @type {any} */ role) => {
      const now = field.see.plain.includes(role.key) ? "plain" : field.see.masked.includes(role.key) ? "masked" : "hidden";
      return html`<tr><th scope="row">${role.name}</th>${["hidden", "masked", "plain"].map(sight => html`<td><input type="radio" name=${id(role.key)} aria-label=${`${role.name}: ${word(sight)}`} checked=${now === sight} onChange=${() => put(f => {
        for (const list of ["plain", "masked"]) f.see[list] = f.see[list].filter((/** @type {string} */ one) => one !== role.key);
        if (sight !== "hidden") f.see[sight].push(role.key);
      })} /></td>`)}</tr>`;
    })}</tbody></table></div></fieldset>
    <div class="buttons"><button class="button small" type="button" disabled=${index === 0} onClick=${() => move(index - 1)}>${word("up")}</button><button class="button small" type="button" disabled=${index === count - 1} onClick=${() => move(index + 1)}>${word("down")}</button>
      <button class="button small" type="button" onClick=${() => change(c => { c.fields.splice(index, 1); })}>${word("remove")}</button></div></div>` : null}</details>`;
}

/** @param {{field: any, put: (work: (field: any) => void) => void, word: (key: string) => string, id: (name: string) => string}} props */
function codeTable({ field, put, word, id }) {
  const codes = field.codes ?? [];
  const cell = (/** @type {number} */ row, /** @type {string} */ label, /** @type {string} */ value, /** @type {(code: any, text: string) => void} */ take) => html`<td><input id=${id(`code-${row}-${label}`)} aria-label=${`${label} ${row + 1}`} value=${value} maxlength="40" onInput=${(/** @type {any} */ e) => put(f => take(f.codes[row], e.target.value))} /></td>`;
  return html`<fieldset><legend>${word("codes")}</legend><div class="table"><table class="codes"><thead><tr><th>${word("code")}</th><th>${word("codeName")}</th><th>English</th><th></th></tr></thead><tbody>${codes.map((/** @type {any} */ code, /** @type {number} */ row) => html`<tr>
    ${cell(row, word("code"), code.key, (one, text) => { one.key = text; })}${cell(row, word("codeName"), code.name["zh-CN"], (one, text) => { one.name["zh-CN"] = text; })}${cell(row, "English", code.name.en, (one, text) => { one.name.en = text; })}
    <td class="fit"><button class="button small quiet" type="button" aria-label=${`${word("remove")} ${row + 1}`} onClick=${() => put(f => { f.codes.splice(row, 1); })}>${word("remove")}</button></td></tr>`)}</tbody></table></div>
    <button class="button small" type="button" onClick=${() => put(f => { f.codes = [...codes, { key: "", name: { "zh-CN": "", en: "" } }]; })}>${word("addCode")}</button></fieldset>`;
}
