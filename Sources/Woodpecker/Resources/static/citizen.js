// What scripts add to pages that work without them: the own place, small photos, the puzzle before a receipt is checked.
// Nothing is kept in the browser, nothing is fetched from anybody else.

/** @param {string} id */
const byId = id => document.getElementById(id);

const locate = byId("locate"), start = byId("start");
if (locate instanceof HTMLButtonElement && start instanceof HTMLFormElement && navigator.geolocation) {
  locate.hidden = false;
  const name = locate.textContent;
  locate.addEventListener("click", () => {
    locate.textContent = locate.dataset.busy ?? "";
    navigator.geolocation.getCurrentPosition(place => {
      set(start, "lat", place.coords.latitude.toFixed(5));
      set(start, "lon", place.coords.longitude.toFixed(5));
      locate.textContent = locate.dataset.done ?? "";
    }, () => { locate.textContent = locate.dataset.failed ?? name; }, { enableHighAccuracy: true, timeout: 15000, maximumAge: 0 });
  });
}

/** @param {HTMLFormElement} form @param {string} name @param {string} value */
function set(form, name, value) {
  let input = form.elements.namedItem(name);
  if (!(input instanceof HTMLInputElement)) {
    input = document.createElement("input");
    input.type = "hidden";
    input.name = name;
    form.append(input);
  }
  input.value = value;
}

// Photos are drawn anew and smaller before they leave the phone: less to send, and nothing of the file's own data.
const photo = byId("photo"), thumbs = byId("thumbs");
if (photo instanceof HTMLInputElement && thumbs) {
  photo.addEventListener("change", async () => {
    thumbs.textContent = "";
    const small = new DataTransfer();
    for (const file of [...photo.files ?? []].slice(0, 4)) {
      const bytes = await smaller(file).catch(() => file);
      small.items.add(new File([bytes], "photo.jpg", { type: bytes.type }));
      const item = document.createElement("li"), image = document.createElement("img");
      image.src = URL.createObjectURL(bytes);
      image.alt = "";
      item.append(image);
      thumbs.append(item);
    }
    photo.files = small.files;
  });
}

/** @param {File} file @returns {Promise<Blob>} */
async function smaller(file) {
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, 1600 / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((done, fail) => canvas.toBlob(blob => blob ? done(blob) : fail(new Error("photo")), "image/jpeg", 0.8));
}

// A form is sent once.
document.addEventListener("submit", event => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.method !== "post") return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "1";
  setTimeout(() => delete form.dataset.sent, 15000);
  const button = event.submitter;
  if (button instanceof HTMLButtonElement && button.dataset.busy) button.textContent = button.dataset.busy;
});

// The puzzle: find a number that makes the SHA-256 of "puzzle:number" begin with so many zero bits.
/** @param {HTMLFormElement} form */
async function solve(form) {
  const puzzle = form.elements.namedItem("puzzle"), answer = form.elements.namedItem("answer");
  if (!(puzzle instanceof HTMLInputElement) || !(answer instanceof HTMLInputElement)) return;
  const bits = Number(puzzle.dataset.bits);
  for (let number = 0; ; number++) {
    if (Math.clz32(sha256Head(`${puzzle.value}:${number}`)) >= bits) { answer.value = String(number); return; }
    if (number % 2000 === 1999) await new Promise(done => setTimeout(done));
  }
}

const constants = primes(64).map(prime => fraction(Math.cbrt(prime))), initial = primes(8).map(prime => fraction(Math.sqrt(prime)));
/** @param {number} count */
function primes(count) {
  const found = [];
  for (let number = 2; found.length < count; number++) if (found.every(prime => number % prime)) found.push(number);
  return found;
}
/** @param {number} root */
function fraction(root) { return ((root - Math.floor(root)) * 4294967296) | 0; }

/** The first 32 bits of a text's SHA-256 (FIPS 180-4); browsers offer their own only over TLS. @param {string} text */
function sha256Head(text) {
  const bytes = new TextEncoder().encode(text), length = (bytes.length + 72) >> 6 << 6;
  const block = new Uint8Array(length), view = new DataView(block.buffer);
  block.set(bytes);
  block[bytes.length] = 128;
  view.setUint32(length - 4, bytes.length * 8);
  const state = [...initial], words = new Int32Array(64);
  const turn = (/** @type {number} */ word, /** @type {number} */ by) => word >>> by | word << 32 - by;
  for (let start = 0; start < length; start += 64) {
    for (let i = 0; i < 64; i++) {
      if (i < 16) { words[i] = view.getInt32(start + i * 4); continue; }
      const a = words[i - 15], b = words[i - 2];
      words[i] = words[i - 16] + (turn(a, 7) ^ turn(a, 18) ^ a >>> 3) + words[i - 7] + (turn(b, 17) ^ turn(b, 19) ^ b >>> 10) | 0;
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 64; i++) {
      const one = h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + (e & f ^ ~e & g) + constants[i] + words[i] | 0;
      const two = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + (a & b ^ a & c ^ b & c) | 0;
      h = g; g = f; f = e; e = d + one | 0; d = c; c = b; b = a; a = one + two | 0;
    }
    [a, b, c, d, e, f, g, h].forEach((word, i) => { state[i] = state[i] + word | 0; });
  }
  return state[0];
}

const open = byId("open");
if (open instanceof HTMLFormElement) solve(open);
