// Borders as files, and how codes are made: out as GeoJSON or Shapefile, in with a look first at what would change.
import { get, newKey } from "/static/api.js";
import { word } from "/static/text.js";

const levels = ["town", "village", "cooperative", "grid"];

/** @param {string} tag @param {string} [text] @param {string} [name] */
function make(tag, text = "", name = "") {
  const element = document.createElement(tag);
  element.textContent = text;
  if (name) element.className = name;
  return element;
}

/** @param {string} label @param {string[][]} options */
function select(label, options) {
  const box = document.createElement("select"), whole = make("label", "", "field-inline");
  box.append(...options.map(([value, text]) => new Option(text, value)));
  whole.append(make("span", label), box);
  return { whole, box };
}

/**
 * @param {HTMLElement} bar where the panel goes
 * @param {{base: () => string, done: (moved: number) => void, refused: (result: any) => void}} edit
 */
export async function filesPanel(bar, edit) {
  const panel = make("div", "", "files-panel");
  const kind = select(word("townmap.files.kind"), ["", "village", "cooperative", "grid"].map(name => [name, word(`townmap.files.kind.${name}`)]));
  const datum = select(word("townmap.files.datum"), [["wgs84", "WGS-84 / CGCS2000"], ["gcj02", "GCJ-02"], ["bd09", "BD-09"]]);
  const out = make("div", "", "row"), links = [["geojson", "GeoJSON"], ["shp", "Shapefile"]].map(([form, text]) => {
    const link = document.createElement("a");
    link.className = "button small";
    link.textContent = `${word("townmap.files.export")} ${text}`;
    link.dataset.form = form;
    return link;
  });
  const address = () => { for (const link of links) link.href = `/api/v1/areas/export?form=${link.dataset.form}&datum=${datum.box.value}${kind.box.value ? `&kind=${kind.box.value}` : ""}`; };
  kind.box.addEventListener("change", address);
  datum.box.addEventListener("change", address);
  address();
  out.append(kind.whole, datum.whole, ...links);

  const file = document.createElement("input"), into = make("label", "", "field-inline"), note = make("p", "", "hint"), apply = /** @type {HTMLButtonElement} */ (make("button", word("townmap.files.apply"), "button small primary"));
  file.type = "file";
  file.accept = ".geojson,.json,.zip";
  into.append(make("span", word("townmap.files.choose")), file);
  note.setAttribute("role", "status");
  apply.type = "button";
  apply.hidden = true;
  /** @param {string} query */
  const send = async query => {
    const answer = await fetch(`/api/v1/areas/import?datum=${datum.box.value}${query}`, { method: "POST", credentials: "same-origin", body: file.files?.[0],
      headers: { "Content-Type": "application/octet-stream", Accept: "application/json", "Idempotency-Key": newKey(), "X-CSRF-Token": document.querySelector("meta[name=csrf]")?.getAttribute("content") ?? "" } });
    const result = await answer.json();
    if (!answer.ok) { note.textContent = result.title; note.classList.add("bad"); edit.refused(result); return null; }
    return result;
  };
  const check = async () => {
    apply.hidden = true;
    note.classList.remove("bad");
    if (!file.files?.length) { note.textContent = ""; return; }
    note.textContent = word("townmap.files.checking");
    const found = await send("&check=1");
    if (!found) return;
    note.textContent = word("townmap.files.checked", found);
    apply.hidden = found.added + found.changed + found.ended === 0;
  };
  file.addEventListener("change", check);
  datum.box.addEventListener("change", check);
  apply.addEventListener("click", async () => {
    apply.disabled = true;
    const done = await send(edit.base() ? `&base=${edit.base()}` : "");
    apply.disabled = false;
    if (!done) return;
    apply.hidden = true;
    file.value = "";
    note.textContent = "";
    edit.done(done.moved);
  });
  const incoming = make("div", "", "row");
  incoming.append(into, apply);

  const format = make("form", "", "row"), sum = make("span", "", "hint num"), save = /** @type {HTMLButtonElement} */ (make("button", word("townmap.files.saveFormat"), "button small"));
  const digits = await get("/api/v1/areas/format", { quiet: true });
  const inputs = levels.map(name => {
    const input = document.createElement("input"), label = make("label", "", "field-inline digits");
    Object.assign(input, { type: "number", min: "1", max: "12", required: true, value: String(digits[name]) });
    input.dataset.level = name;
    label.append(make("span", word(`townmap.files.digits.${name}`)), input);
    format.append(label);
    return input;
  });
  const total = () => { sum.textContent = word("townmap.files.example", { n: inputs.reduce((all, input) => all + Number(input.value), 0) }); };
  format.addEventListener("input", total);
  total();
  format.prepend(make("span", word("townmap.files.format"), "label"));
  format.append(sum, save);
  format.addEventListener("submit", async event => {
    event.preventDefault();
    const answer = await fetch("/api/v1/areas/format", { method: "PUT", credentials: "same-origin", body: JSON.stringify(Object.fromEntries(inputs.map(input => [input.dataset.level, Number(input.value)]))),
      headers: { "Content-Type": "application/json", Accept: "application/json", "Idempotency-Key": newKey(), "X-CSRF-Token": document.querySelector("meta[name=csrf]")?.getAttribute("content") ?? "" } });
    const result = await answer.json();
    if (answer.ok) edit.done(result.moved);
    else edit.refused(result);
  });
  panel.append(out, incoming, note, format);
  bar.append(panel);
}
