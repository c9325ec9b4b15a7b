// Asks for leave to notify this device, only when its button is pressed, and takes it back as easily.
import { api } from "./api.js";

const root = /** @type {HTMLElement} */ (document.querySelector("[data-push]"));
const button = /** @type {HTMLButtonElement} */ (root.querySelector("button"));
const said = /** @type {HTMLElement} */ (root.querySelector("[role=status]"));
const words = root.dataset;
const isAble = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

/** @type {{isOffered: boolean, publicKey: string, devices: {id: string}[]}} */
let own;
/** @type {PushSubscription | null} */
let subscription = null;

/** @param {string} text */
function bytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, letter => letter.charCodeAt(0));
}

function show() {
  const isOn = subscription !== null && Boolean(deviceID());
  button.hidden = !isAble || !own.isOffered;
  button.textContent = (isOn ? words.end : words.begin) ?? "";
  said.textContent = (!isAble ? words.unable : !own.isOffered ? words.off : Notification.permission === "denied" ? words.denied : isOn ? words.on : words.none) ?? "";
}

const key = "zhili-push-device";
function deviceID() {
  const id = localStorage.getItem(key);
  return own.devices.some(device => device.id === id) ? id : null;
}

async function begin() {
  if (await Notification.requestPermission() !== "granted") return;
  await navigator.serviceWorker.register("/static/sw.js", { scope: "/field" });
  const worker = await ready();
  subscription = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(own.publicKey) });
  const { endpoint, keys } = subscription.toJSON();
  const before = new Set(own.devices.map(device => device.id));
  own = await api("PUT", "/api/v1/me/push", { body: { endpoint, p256dh: keys?.p256dh, auth: keys?.auth } });
  const made = own.devices.find(device => !before.has(device.id));
  if (made) localStorage.setItem(key, made.id);
}

/** The worker of /field, which may still be starting. @returns {Promise<ServiceWorkerRegistration>} */
async function ready() {
  for (let tries = 0; tries < 100; tries++) {
    const worker = await navigator.serviceWorker.getRegistration("/field");
    if (worker?.active) return worker;
    await new Promise(done => setTimeout(done, 100));
  }
  throw new Error("no service worker");
}

async function end() {
  const id = deviceID();
  await subscription?.unsubscribe();
  subscription = null;
  localStorage.removeItem(key);
  if (id) own = await api("DELETE", `/api/v1/me/push/${id}`);
}

button.addEventListener("click", async () => {
  button.disabled = true;
  try { await (subscription && deviceID() ? end() : begin()); show(); } catch (error) {
    said.textContent = `${words.failed} ${/** @type {Error} */ (error).message}`;
  } finally { button.disabled = false; }
});

own = await api("GET", "/api/v1/me/push");
if (isAble) subscription = await (await navigator.serviceWorker.getRegistration("/field"))?.pushManager.getSubscription() ?? null;
show();
