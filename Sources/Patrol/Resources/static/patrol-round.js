// The page of a round: a click on the map adds a point, a place from the list too; points change their turn by buttons.
import { pickPlace } from "./map.js";
import { word } from "./text.js";

const list = /** @type {HTMLOListElement} */ (document.getElementById("points"));
const none = document.getElementById("none");
/** @type {Awaited<ReturnType<typeof pickPlace>>|null} */
let map = null;
/** @param {Element} row @param {string} name */
const field = (row, name) => /** @type {HTMLInputElement} */ (row.querySelector(`[name=point-${name}]`));

/** @param {Element} row */
const place = row => ({ lat: Number(field(row, "lat").value), lon: Number(field(row, "lon").value) });

function show() {
  const rows = [...list.children];
  rows.forEach((row, index) => { const number = row.querySelector(".number"); if (number) number.textContent = String(index + 1); });
  if (none) none.hidden = rows.length > 0;
  map?.marks(rows.map((row, index) => ({ ...place(row), label: String(index + 1) })).filter(at => at.lat && at.lon));
}

/** @param {string} sign @param {string} name @param {() => void} work */
function tool(sign, name, work) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button small";
  button.textContent = sign;
  button.setAttribute("aria-label", word(name));
  button.addEventListener("click", () => { work(); show(); });
  return button;
}

/** Gives a row its tools; the three numbers stand together. @param {Element} row */
function dress(row) {
  const tools = document.createElement("span"), numbers = document.createElement("span");
  tools.className = "tools";
  tools.append(tool("↑", "patrol.up", () => row.previousElementSibling?.before(row)), tool("↓", "patrol.down", () => row.nextElementSibling?.after(row)),
    tool("×", "patrol.remove", () => row.remove()));
  numbers.className = "numbers";
  numbers.append(...["lat", "lon", "radius"].map(name => field(row, name)));
  row.append(tools, numbers);
  for (const name of ["lat", "lon"]) field(row, name).addEventListener("change", show);
}

/** @param {{name: string, lat: number, lon: number, subject?: string}} point */
function add({ name, lat, lon, subject = "" }) {
  if (list.children.length >= 60) return;
  const row = document.createElement("li");
  row.innerHTML = `<span class="number" aria-hidden="true"></span><input type="hidden" name="point-id"><input type="hidden" name="point-subject">
    <input name="point-name" maxlength="60" required><input name="point-lat" inputmode="decimal" required><input name="point-lon" inputmode="decimal" required><input name="point-radius" type="number" min="10" max="500" value="50" required>`;
  const values = /** @type {Record<string, string>} */ ({ name, lat: String(lat), lon: String(lon), subject });
  for (const key of Object.keys(values)) field(row, key).value = values[key];
  for (const key of ["name", "lat", "lon", "radius"]) field(row, key).setAttribute("aria-label", word(`patrol.${key}`));
  dress(row);
  list.append(row);
  show();
}

for (const row of list.children) dress(row);
document.getElementById("place")?.addEventListener("change", event => {
  const select = /** @type {HTMLSelectElement} */ (event.target), option = select.selectedOptions[0];
  if (option?.value) add({ name: option.dataset.name ?? "", lat: Number(option.dataset.lat), lon: Number(option.dataset.lon), subject: option.value });
  select.value = "";
});
pickPlace(/** @type {HTMLElement} */ (document.getElementById("map")), {
  at: null, many: true, onPick: at => add({ name: word("patrol.point", { n: list.children.length + 1 }), ...at }),
}).then(opened => { map = opened; show(); }, () => { /* without a map the places and the fields are the way */ });
show();
