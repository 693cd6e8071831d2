// Keeps the page's own files, so that the next visit needs no network; the model's are kept by weights.js.
const FILES = ["./", "index.html", "style.css", "live.js", "draw.js", "model.js", "memory.js", "tokenizer.js", "weights.js", "worker.js", "causes.js",
  "weights/manifest.json", ...["tokens", "states", "attention", "mask", "pooling", "length", "texts", "search", "stranger"].map(name => `views/${name}.js`)];
const OURS = new Set(FILES.map(file => `${new URL(file, location)}`));

addEventListener("install", event => event.waitUntil(caches.open("page").then(kept => kept.addAll(FILES)).then(skipWaiting)));
addEventListener("activate", event => event.waitUntil(clients.claim()));
addEventListener("fetch", event => {                    // the newest if there is a network, and then that is kept
  if (OURS.has(event.request.url.split("#")[0])) event.respondWith(newest(event.request));
});

async function newest(request) {
  const kept = await caches.open("page");
  try {
    const answer = await fetch(request);
    if (answer.ok) await kept.put(request.url, answer.clone());
    return answer;
  } catch {
    return await kept.match(request.url) ?? Response.error();
  }
}
