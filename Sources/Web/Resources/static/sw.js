// Keeps the field page usable without signal: the page and its files from the network when it answers, else the last copy.
// Data is not kept here (field-queue.js keeps tasks and unsent reports), and nothing outside /field is touched.
const name = "zhili-field";
const files = ["/static/mark-maskable.svg", "/static/tokens.css", "/static/base.css", "/static/field.css", "/static/page.js", "/static/live.js", "/static/table.js", "/static/api.js",
  "/static/text.js", "/static/toast.js", "/static/field.js", "/static/field-queue.js", "/static/navigate.js", "/static/visits.js", "/static/registry.css", "/static/field-patrol.js", "/static/patrol.css", "/static/icons.svg", "/static/mark.svg", "/static/manifest.webmanifest", "/vendor/preact.js"];
// Kept when they are opened: not everybody who has tasks may see the visits.
const pages = ["/field", "/field/visits", "/field/patrol"];

self.addEventListener("install", event => {
  event.waitUntil(caches.open(name).then(cache => cache.addAll([...files, "/field"])).then(() => self.skipWaiting()));
});
self.addEventListener("activate", event => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", event => {
  const { request } = event, path = new URL(request.url).pathname;
  if (request.method !== "GET" || !(pages.includes(path) || files.includes(path))) return;
  event.respondWith(answer(request, path));
});

/** @param {Request} request @param {string} path */
async function answer(request, path) {
  const cache = await caches.open(name);
  const kept = await cache.match(path);
  const stop = new AbortController();
  // A page that is there in four seconds is better than one that is perfect in sixty.
  const timer = kept && setTimeout(() => stop.abort(), 4000);
  try {
    const fresh = await fetch(request, { signal: stop.signal });
    if (fresh.ok && !fresh.redirected) cache.put(path, fresh.clone());
    return fresh;
  } catch (error) {
    if (kept) return kept;
    throw error;
  } finally { clearTimeout(timer); }
}

// A notice must be shown whatever it holds: browsers end the leave of pages that wake devices in silence.
self.addEventListener("push", event => {
  let notice = { title: "智理", body: "", tag: "", url: "/" };
  try { notice = { ...notice, ...event.data?.json() }; } catch { /* not ours: shown without words */ }
  event.waitUntil(self.registration.showNotification(String(notice.title).slice(0, 80), {
    body: String(notice.body).slice(0, 500), tag: String(notice.tag), icon: "/static/mark.svg", requireInteraction: true,
    data: { url: String(notice.url) } }));
});
self.addEventListener("notificationclick", event => {
  event.notification.close();
  // Only a path of our own opens, whatever the notice says.
  const url = new URL(event.notification.data?.url ?? "/", self.location.origin);
  const path = url.origin === self.location.origin ? url.pathname : "/";
  event.waitUntil(self.clients.matchAll({ type: "window", includeUncontrolled: true }).then(windows => {
    const there = windows.find(window => new URL(window.url).pathname === path);
    return there ? there.focus() : self.clients.openWindow(path);
  }));
});
