"use strict";
// Keys of the grid: `/` goes to the search field, arrows go from photo to photo.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const field = document.getElementById("q");
  const inField = event.target.matches("input, select, textarea");
  if (event.key === "/" && !inField) {
    event.preventDefault();
    field.focus();
    field.select();
    return;
  }
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: "up", ArrowDown: "down" };
  if (inField || !(event.key in steps)) return;
  const photos = [...document.querySelectorAll("#hits li:not([hidden]) .photo")];
  const current = photos.indexOf(document.activeElement);
  if (current < 0) return;
  const next = typeof steps[event.key] === "number" ? photos[current + steps[event.key]] : beside(photos, current, event.key);
  if (next) {
    event.preventDefault();
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  }
});

// The photo above or below the current one: the nearest row, then the nearest column.
function beside(photos, current, key) {
  const here = photos[current].getBoundingClientRect();
  const rows = key === "ArrowDown" ? photos.slice(current + 1) : photos.slice(0, current).reverse();
  let row = null;
  let best = null;
  for (const photo of rows) {
    const there = photo.getBoundingClientRect();
    if (Math.abs(there.top - here.top) < 2) continue;
    row ??= there.top;
    if (Math.abs(there.top - row) > 2) break;
    const distance = Math.abs(there.left - here.left);
    if (!best || distance < best.distance) best = { photo, distance };
  }
  return best?.photo;
}
