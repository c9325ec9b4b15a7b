// The map as a picture or as a page: title, scale, legend and time under it. The PDF holds the picture as JPEG; both are
// made in the browser, of what is on the screen and nothing else.
import { colour } from "/static/map.js";
import { date, clockTime, now, word } from "/static/text.js";

/** @param {any} map @param {"png"|"pdf"} kind @param {string} credit whose map lies under the town's own @param {{name: string, glyph: string, label: string, tint?: string}[]} layers */
export async function printMap(map, kind, credit, layers) {
  map.triggerRepaint();
  await new Promise(done => map.once("render", done));
  const source = map.getCanvas(), k = source.width / source.clientWidth;
  const canvas = document.createElement("canvas"), foot = 84 * k, head = 48 * k;
  canvas.width = source.width;
  canvas.height = source.height + foot + head;
  const g = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const font = (/** @type {number} */ size, /** @type {string} */ weight = "400") => `${weight} ${size * k}px "Noto Sans CJK SC","Microsoft YaHei",sans-serif`;
  g.fillStyle = "#ffffff";
  g.fillRect(0, 0, canvas.width, canvas.height);
  g.drawImage(source, 0, head);
  g.fillStyle = "#14202d";
  g.font = font(20, "600");
  g.textBaseline = "middle";
  g.fillText(`${document.querySelector(".brand .name")?.textContent ?? ""} ${word("map.title")}`, 16 * k, head / 2);
  g.font = font(13);
  g.textAlign = "right";
  g.fillText(word("townmap.printedAt", { time: `${date(now())} ${clockTime(now())}` }), canvas.width - 16 * k, head / 2);
  g.textAlign = "left";
  // A round length that takes at most a quarter of the width.
  const middle = map.getCenter(), perPixel = 40075016.686 * Math.cos(middle.lat * Math.PI / 180) / (512 * 2 ** map.getZoom());
  const most = source.clientWidth / 4 * perPixel, power = 10 ** Math.floor(Math.log10(most)), step = [5, 2, 1].find(n => n * power <= most) ?? 1;
  const metres = step * power, wide = metres / perPixel * k, y = head + source.height + 30 * k;
  g.strokeStyle = "#14202d";
  g.lineWidth = 2 * k;
  g.beginPath();
  g.moveTo(16 * k, y - 6 * k); g.lineTo(16 * k, y); g.lineTo(16 * k + wide, y); g.lineTo(16 * k + wide, y - 6 * k);
  g.stroke();
  g.fillText(metres < 1000 ? `${metres} m` : `${metres / 1000} km`, 24 * k + wide, y - 2 * k);
  if (credit) {
    g.textAlign = "right";
    g.fillText(word("townmap.backdropBy", { name: credit }), canvas.width - 16 * k, y - 2 * k);
    g.textAlign = "left";
  }
  let x = 16 * k;
  for (const layer of layers) {
    const tint = { sites: "ok-solid", alarms: "bad-solid", cases: "warn-solid", reports: "warn-solid", units: "brand", waters: "info-solid" }[layer.name] ?? `${layer.tint || "info"}-solid`;
    const wide = 34 * k + g.measureText(layer.label).width;
    if (x + wide > canvas.width - 16 * k) break;
    g.fillStyle = colour(tint);
    g.beginPath(); g.arc(x + 8 * k, y + 28 * k, 8 * k, 0, 2 * Math.PI); g.fill();
    g.fillStyle = "#ffffff";
    g.font = font(10);
    g.textAlign = "center";
    g.fillText(layer.glyph, x + 8 * k, y + 28.5 * k);
    g.textAlign = "left";
    g.font = font(13);
    g.fillStyle = "#14202d";
    g.fillText(layer.label, x + 21 * k, y + 28 * k);
    x += wide;
  }
  const name = `${word("map.title")}-${date(now())}`;
  const blob = await new Promise(done => canvas.toBlob(done, kind === "png" ? "image/png" : "image/jpeg", 0.92));
  if (!blob) throw new Error(word("map.failed"));
  save(kind === "png" ? blob : await pdf(blob, canvas.width, canvas.height), `${name}.${kind}`);
}

/** One A4 page across with the picture on it (PDF 1.4). @param {Blob} jpeg @param {number} width @param {number} height */
async function pdf(jpeg, width, height) {
  const page = [842, 595], scale = Math.min((page[0] - 40) / width, (page[1] - 40) / height), w = width * scale, h = height * scale;
  const draw = `q ${w.toFixed(2)} 0 0 ${h.toFixed(2)} ${((page[0] - w) / 2).toFixed(2)} ${((page[1] - h) / 2).toFixed(2)} cm /M Do Q`;
  const bytes = new Uint8Array(await jpeg.arrayBuffer()), text = new TextEncoder();
  /** @type {Uint8Array[]} */
  const parts = [];
  let length = 0;
  /** @type {number[]} */
  const starts = [];
  const put = (/** @type {string|Uint8Array} */ part) => { const data = typeof part === "string" ? text.encode(part) : part; parts.push(data); length += data.length; };
  const object = (/** @type {string} */ dictionary, /** @type {string|Uint8Array|null} */ stream = null) => {
    starts.push(length);
    put(`${starts.length} 0 obj\n${dictionary}\n`);
    if (stream) { put("stream\n"); put(stream); put("\nendstream\n"); }
    put("endobj\n");
  };
  put("%PDF-1.4\n");
  object("<< /Type /Catalog /Pages 2 0 R >>");
  object("<< /Type /Pages /Kids [3 0 R] /Count 1 >>");
  object(`<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${page[0]} ${page[1]}] /Resources << /XObject << /M 5 0 R >> >> /Contents 4 0 R >>`);
  object(`<< /Length ${draw.length} >>`, draw);
  object(`<< /Type /XObject /Subtype /Image /Width ${width} /Height ${height} /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode /Length ${bytes.length} >>`, bytes);
  const table = length;
  put(`xref\n0 6\n0000000000 65535 f \n${starts.map(at => `${String(at).padStart(10, "0")} 00000 n \n`).join("")}trailer << /Size 6 /Root 1 0 R >>\nstartxref\n${table}\n%%EOF\n`);
  return new Blob(/** @type {BlobPart[]} */ (parts), { type: "application/pdf" });
}

/** @param {Blob} blob @param {string} name */
function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
