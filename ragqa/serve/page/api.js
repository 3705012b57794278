// Requests to the service. What goes wrong is a `Trouble`, whose kind decides what the page says.

const KEY = "ragqa-key"; // in the storage of this tab alone, which the browser forgets with the tab
const WAIT = 1; // seconds, where a service that is busy names none
const KINDS = { 401: "key", 403: "forbidden", 404: "missing", 413: "large", 423: "locked", 503: "busy", 504: "late" };

/** Why a request got no reply: `kind`, the service's own words in `detail`, and in `id` where its log has more. */
export class Trouble extends Error {
  constructor(kind, { detail = "", id = "", type = "", seconds = WAIT } = {}) {
    super(detail || kind);
    Object.assign(this, { kind, detail, id, type, seconds });
  }
}

export const key = {
  read: () => sessionStorage.getItem(KEY),
  write: (value) => (value ? sessionStorage.setItem(KEY, value) : sessionStorage.removeItem(KEY)),
};

export const info = () => get("/v1/info");
export const ask = (body, signal) => send("POST", "/v1/ask", body, signal);
export const judge = (body) => send("POST", "/v1/feedback", body);
export const startSession = (index) => send("POST", "/v1/sessions", { index });

/** A document's text from one character to another, and so many around them. */
export function readDocument(index, id, { start = 0, end = 0, around = 0 }) {
  const fields = new URLSearchParams({ index, start, end, around });
  return get(`/v1/documents/${encodeURIComponent(id)}?${fields}`);
}

/** A picture of the page of a PDF with characters marked, and where the mark is: `{image, top, bottom}`. */
export async function readPicture(index, id, { start, end, width }) {
  const fields = new URLSearchParams({ index, start, end, width });
  const response = await reach(`/v1/pictures/${encodeURIComponent(id)}?${fields}`, { headers: headers() });
  if (!response.ok) throw trouble(response.status, parsed(await response.text()), null);
  const [top, bottom] = response.headers.get("ragqa-mark").split(" ").map(Number);
  return { image: await createImageBitmap(await response.blob()), top, bottom };
}

/** Send a file to be indexed. `progress` is told the share that has been sent. */
export function sendFile(index, file, progress) {
  // fetch does not tell how much has been sent
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const fields = new URLSearchParams({ index, name: file.name });
    request.open("POST", `/v1/files?${fields}`);
    for (const [name, value] of Object.entries(headers("application/octet-stream"))) {
      request.setRequestHeader(name, value);
    }
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    request.onerror = () => reject(new Trouble("network"));
    request.onload = () => {
      const content = parsed(request.responseText);
      if (request.status === 200 && content) resolve(content);
      else reject(trouble(request.status, content, request.getResponseHeader("Retry-After")));
    };
    request.send(file);
  });
}

const get = (path) => call(path, { headers: headers() });
const send = (method, path, body, signal) =>
  call(path, { method, signal, body: JSON.stringify(body), headers: headers("application/json") });

function headers(type) {
  const token = key.read();
  return { ...(type && { "Content-Type": type }), ...(token && { Authorization: `Bearer ${token}` }) };
}

async function reach(path, options) {
  try {
    return await fetch(path, { ...options, cache: "no-store", redirect: "error" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Trouble("network");
  }
}

async function call(path, options) {
  const response = await reach(path, options);
  const content = parsed(await response.text().catch(() => ""));
  if (response.ok && content) return content;
  throw trouble(response.status, content, response.headers.get("Retry-After"));
}

function trouble(status, content, retry) {
  const kind = KINDS[status] ?? (status >= 500 || !content ? "broken" : "refused");
  const id = String(content?.instance ?? "").split(":").pop();
  const type = String(content?.type ?? "").split(":").pop();
  return new Trouble(kind, { detail: content?.detail ?? "", id, type, seconds: Number(retry) || WAIT });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
