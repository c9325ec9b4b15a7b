// One way to talk to the server: JSON in and out, CSRF on writes, problems (RFC 9457) as errors that say what and where.
import { toast } from "./toast.js";
import { word } from "./text.js";

/** An answer that is not a success. `status` 0 means that no answer came. */
export class Problem extends Error {
  /** @param {number} status @param {{title?: string, detail?: string, errors?: Record<string, string>}} body */
  constructor(status, body) {
    super(body.detail || body.title || word(status ? "error.status" : "error.network", { status }));
    this.status = status;
    this.errors = body.errors ?? {};
    /** The whole answer, for who knows its kind. @type {any} */
    this.body = body;
  }
}

/** A key under which the server answers a repeated create with the first answer. */
export function newKey() {
  // randomUUID exists only on secure origins; a centre's own network often has plain http.
  return [...crypto.getRandomValues(new Uint8Array(16))].map(b => b.toString(16).padStart(2, "0")).join("");
}

/**
 * @param {string} method @param {string} path
 * @param {{body?: unknown, raw?: Blob, key?: string, quiet?: boolean, timeoutMs?: number}} [options]
 *   body: sent as JSON; raw: sent as it is; key: idempotency key (POST makes one itself); quiet: no toast on failure
 * @returns {Promise<any>}
 */
export async function api(method, path, { body, raw, key, quiet = false, timeoutMs = 20000 } = {}) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json, application/problem+json" };
  if (method !== "GET") headers["X-CSRF-Token"] = document.querySelector("meta[name=csrf]")?.getAttribute("content") ?? "";
  if (method === "POST") headers["Idempotency-Key"] = key ?? newKey();
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (raw) headers["Content-Type"] = raw.type;
  let problem;
  try {
    const response = await fetch(path, {
      method, headers, credentials: "same-origin", signal: AbortSignal.timeout(timeoutMs),
      body: raw ?? (body === undefined ? undefined : JSON.stringify(body)),
    });
    const json = (response.headers.get("Content-Type") ?? "").includes("json") ? await response.json() : {};
    if (response.ok) return json;
    problem = new Problem(response.status, json);
  } catch {
    problem = new Problem(0, {});
  }
  if (!quiet) toast("bad", problem.message);
  throw problem;
}

/** @param {string} path @param {{quiet?: boolean}} [options] */
export const get = (path, options) => api("GET", path, options);
/** @param {string} path @param {unknown} body @param {{key?: string, quiet?: boolean}} [options] */
export const post = (path, body, options) => api("POST", path, { body, ...options });
/** Where to go when the session has ended. */
export const loginAddress = () => `/login?next=${encodeURIComponent(location.pathname + location.search)}`;
