// Keeps the page's own files, so that the next visit needs no network; the model's are kept by weights.js.
const FILES = ["./", "index.html", "style.css", "live.js", "draw.js", "model.js", "tokenizer.js", "weights.js", "worker.js", "causes.js",
  "weights/manifest.json", ...["tokens", "states", "attention", "mask", "pooling", "length", "texts", "search", "stranger"].map(name => `views/${name}.js`)];

addEventListener("install", event => event.waitUntil(caches.open("page").then(kept => kept.addAll(FILES)).then(skipWaiting)));
addEventListener("activate", event => event.waitUntil(clients.claim()));
addEventListener("fetch", event => {                    // the newest if there is a network
  if (event.request.method !== "GET") return;
  event.respondWith(fetch(event.request).catch(async () => (await caches.match(event.request, { ignoreSearch: true })) ?? Response.error()));
});
