// Requests to the service. What goes wrong is a `Trouble`, whose kind decides what the page says.

const KEY = "ragqa-key"; // in the storage of this tab alone, which the browser forgets with the tab
const WAIT = 1; // seconds, where a service that is busy names none
const KINDS = {
  401: "key",
  403: "forbidden",
  404: "missing",
  413: "large",
  423: "locked",
  429: "often",
  503: "busy",
  504: "late",
};

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
export const explain = (body) => send("POST", "/v1/ask", { ...body, explain: true });
export const judge = (body) => send("POST", "/v1/feedback", body);
export const startSession = (index) => send("POST", "/v1/sessions", { index });

/** Ask a question. `found` is told how many passages were found for it, before they are read. */
export async function ask(body, signal, found) {
  const asked = JSON.stringify({ ...body, stream: true });
  const response = await reach("/v1/ask", { method: "POST", signal, body: asked, headers: headers("application/json") });
  if (!response.ok) throw await refusal(response);
  for await (const line of lines(response)) {
    if (line?.type === "reply") return line;
    if (line?.type !== "hits") throw trouble(line?.problem?.status ?? 200, line?.problem ?? null, null);
    found(line.hits.length);
  }
  throw new Trouble("network");
}

/** A document's text from one character to another, and so many around them. */
export function readDocument(index, id, { start = 0, end = 0, around = 0 }) {
  const fields = new URLSearchParams({ index, start, end, around });
  return get(`/v1/documents/${encodeURIComponent(id)}?${fields}`);
}

/** A picture of the page of a PDF with characters marked, and where the mark is: `{image, top, bottom}`. */
export async function readPicture(index, id, { start, end, width }) {
  const fields = new URLSearchParams({ index, start, end, width });
  const response = await reach(`/v1/pictures/${encodeURIComponent(id)}?${fields}`, { headers: headers() });
  if (!response.ok) throw await refusal(response);
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

function reach(path, options) {
  return fetch(path, { ...options, cache: "no-store", redirect: "error" }).catch(lost);
}

async function call(path, options) {
  const response = await reach(path, options);
  if (!response.ok) throw await refusal(response);
  const content = parsed(await response.text().catch(() => ""));
  if (!content) throw trouble(response.status, content, null);
  return content;
}

async function refusal(response) {
  const content = parsed(await response.text().catch(() => ""));
  return trouble(response.status, content, response.headers.get("Retry-After"));
}

/** The lines of a response, each taken apart as soon as it has come. */
async function* lines(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read().catch(lost);
    if (done) return;
    const [first, ...rest] = value.split("\n");
    text += first;
    for (const next of rest) {
      yield parsed(text);
      text = next;
    }
  }
}

/** What a request that was given up, or lost, becomes. */
function lost(error) {
  throw error.name === "AbortError" ? error : new Trouble("network");
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
