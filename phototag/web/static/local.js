"use strict";
// Search over the photos of a written gallery, as one types. What is sought stands in the address, for the way back.
{
  const items = new Map();
  for (const link of document.querySelectorAll("#hits .photo")) items.set(link.dataset.content, link.closest("li"));
  const field = document.getElementById("q");
  const fault = document.getElementById("fault");
  const summary = document.getElementById("summary");

  const search = () => {
    const text = field.value.trim();
    let found;
    try {
      found = matching.found(text);
      fault.replaceChildren();
    } catch (error) {
      if (!(error instanceof matching.Fault)) throw error;
      const line = document.createElement("p");
      line.textContent = error.message;
      fault.replaceChildren(line);
      return;
    }
    const wanted = new Set(found.map((photo) => photo.content));
    for (const [content, item] of items) item.hidden = !wanted.has(content);
    summary.textContent = found.length === 1 ? "1 photo" : `${found.length.toLocaleString("en")} photos`;
    const hash = text ? `#${new URLSearchParams({ q: text })}` : "";
    history.replaceState(null, "", hash || location.pathname);
    for (const item of items.values()) item.firstElementChild.hash = hash;
  };

  field.form.addEventListener("submit", (event) => {
    event.preventDefault();
    search();
  });
  let timer = 0;
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, 150);
  });
  const asked = new URLSearchParams(location.hash.slice(1));
  if (asked.has("q")) {
    field.value = asked.get("q");
    search();
  }
  const link = items.get(asked.get("at"))?.firstElementChild;
  link?.focus({ preventScroll: true });
  link?.scrollIntoView({ block: "center" });
}
