// Reports written in the field. Each is kept on the phone with its own idempotency key until the server has answered,
// so that a lost signal, a closed page or a lost answer neither loses a report nor files it twice.
import { Problem, api, newKey } from "./api.js";
import { clockTime, date, now, word } from "./text.js";

/** @typedef {{key: string, blob: Blob, id?: string}} Photo */
/** @typedef {{key: string, order: number, person: string, taskId: string, type: string, text: string, at: string, photos: Photo[], refused?: string}} Report */

/** @returns {Promise<IDBDatabase>} */
const database = new Promise((done, fail) => {
  const request = indexedDB.open("zhili-field", 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("reports", { keyPath: "key" });
    request.result.createObjectStore("tasks", { keyPath: "person" });
  };
  request.onsuccess = () => done(request.result);
  request.onerror = () => fail(request.error);
});

/** @param {string} store @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest} work */
async function run(store, mode, work) {
  const db = await database;
  return new Promise((done, fail) => {
    // "strict": a report counts as kept when it is on the disk, not when it is in a cache.
    const transaction = db.transaction(store, mode, { durability: "strict" });
    const request = work(transaction.objectStore(store));
    transaction.oncomplete = () => done(request.result);
    transaction.onerror = transaction.onabort = () => fail(transaction.error);
  });
}

/** @param {string} person @returns {Promise<Report[]>} oldest first */
export async function waiting(person) {
  const all = /** @type {Report[]} */ (await run("reports", "readonly", store => store.getAll()));
  return all.filter(report => report.person === person).sort((a, b) => a.order - b.order);
}
/** @param {string} person @param {any[]} items */
export const keepTasks = (person, items) => run("tasks", "readwrite", store => store.put({ person, items, at: new Date().toISOString() }));
/** @param {string} person @returns {Promise<{items: any[], at: string}|undefined>} */
export const keptTasks = person => /** @type {any} */ (run("tasks", "readonly", store => store.get(person)));
/** @param {string} person */
export const forgetTasks = person => run("tasks", "readwrite", store => store.delete(person));
/** @param {string} key */
export const discard = key => run("reports", "readwrite", store => store.delete(key));
/** @param {Report} report */
const put = report => run("reports", "readwrite", store => store.put(report));
/** @param {Report} report */
export const retry = report => put({ ...report, refused: undefined });

/** @param {{person: string, taskId: string, type: string, text: string, at: string, blobs: Blob[]}} entry */
export async function keep({ blobs, ...entry }) {
  await put({ ...entry, key: newKey(), order: Date.now(), photos: blobs.map(blob => ({ key: newKey(), blob })) });
}

/**
 * Sends what waits, oldest first, one sender at a time even with two tabs open.
 * @param {string} person @param {() => void} changed after each report that has left the queue
 * @returns {Promise<boolean>} whether everything that can be sent has been sent
 */
export async function send(person, changed) {
  const work = async () => {
    for (const report of await waiting(person)) {
      if (report.refused) continue;
      try { await sendOne(report); await discard(report.key); } catch (error) {
        if (!(error instanceof Problem)) throw error;
        // No answer, a busy server or an ended session: the report waits. Anything else is the server's considered "no".
        if (error.status === 0 || error.status >= 500 || [401, 403, 408, 429].includes(error.status)) return false;
        await put({ ...report, refused: error.message });
      }
      changed();
    }
    return true;
  };
  return navigator.locks ? navigator.locks.request("zhili-field-send", work) : work();
}

/** @param {Report} report */
async function sendOne(report) {
  for (const photo of report.photos) {
    if (photo.id) continue;
    const name = encodeURIComponent(`${report.at.slice(0, 19)}.jpg`);
    const answer = await authorised(() => api("POST", `/api/v1/attachments?name=${name}`, { raw: photo.blob, key: photo.key, quiet: true, timeoutMs: 90000 }));
    photo.id = answer.id;
    await put(report);
  }
  const { type, text, at, photos } = report;
  await authorised(() => api("POST", `/api/v1/tasks/${encodeURIComponent(report.taskId)}/moves`,
    { body: { type, text, at, attachmentIds: photos.map(photo => photo.id) }, key: report.key, quiet: true }));
}

/** A page kept from earlier may hold an old CSRF token: fetch the page's present one and try once more. @template T @param {() => Promise<T>} work @returns {Promise<T>} */
async function authorised(work) {
  try { return await work(); } catch (error) {
    if (!(error instanceof Problem) || error.status !== 403) throw error;
    const page = await fetch("/field", { cache: "no-store", credentials: "same-origin" }).catch(() => null);
    const token = page?.ok && !page.redirected ? new DOMParser().parseFromString(await page.text(), "text/html").querySelector("meta[name=csrf]")?.getAttribute("content") : null;
    if (!token) throw error;
    document.querySelector("meta[name=csrf]")?.setAttribute("content", token);
    return work();
  }
}

/** Where the phone is, or `null` where it does not say within five seconds. @returns {Promise<GeolocationPosition|null>} */
export const where = () => new Promise(done => {
  if (!navigator.geolocation) { done(null); return; }
  navigator.geolocation.getCurrentPosition(done, () => done(null), { enableHighAccuracy: true, timeout: 5000, maximumAge: 30000 });
});

/** When and where a photo was taken, as it stands on it. @param {GeolocationPosition|null} at */
export function caption(at) {
  const time = `${date(now())} ${clockTime(now())}`;
  return at ? `${time}  ${at.coords.latitude.toFixed(5)}, ${at.coords.longitude.toFixed(5)} ±${Math.ceil(at.coords.accuracy)} m` : `${time}  ${word("field.noPlace")}`;
}

/** A photo as it travels: at most 1920 px, JPEG, without the camera's metadata, and with its caption where there is one. @param {File} file @param {string} [caption] @returns {Promise<Blob>} */
export async function shrink(file, caption) {
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, 1920 / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    const drawing = canvas.getContext("2d");
    drawing?.drawImage(picture, 0, 0, canvas.width, canvas.height);
    if (drawing && caption) {
      const size = Math.max(12, Math.round(canvas.width / 44)), bar = size * 2;
      drawing.fillStyle = "rgb(0 0 0 / .55)";
      drawing.fillRect(0, canvas.height - bar, canvas.width, bar);
      drawing.fillStyle = "#fff";
      drawing.font = `${size}px sans-serif`;
      drawing.textBaseline = "middle";
      drawing.fillText(caption, size, canvas.height - bar / 2, canvas.width - 2 * size);
    }
    picture.close();
    return await new Promise((done, fail) => canvas.toBlob(blob => blob ? done(blob) : fail(new Error("no picture")), "image/jpeg", 0.85));
  } catch { return file; }
}
