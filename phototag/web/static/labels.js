"use strict";
// The boxes' labels: as large on the screen as other text, and clear of one another where there is room.
// The same rule as phototag/render/annotate.py has for pictures.
const placeLabels = (() => {
  const LETTER = 13; // CSS pixels

  // Places for a label of `width` x `height` at a box, best first: above it, in its top, below it, in its bottom,
  // down along it, away from it.
  function* corners({ x, y, width: across, height: down }, width, height) {
    const right = x + across;
    const bottom = y + down;
    for (const top of [y - height, y, bottom, bottom - height]) yield* [[x, top], [right - width, top], [(x + right - width) / 2, top]];
    for (let top = y + height; top < bottom - height; top += height) yield* [[x, top], [right - width, top]];
    for (let step = 1; step < 4; step += 1)
      for (const top of [y - height * (step + 1), bottom + height * step]) yield* [[x, top], [right - width, top]];
  }

  const common = (one, other) => {
    const width = Math.min(one.right, other.right) - Math.max(one.left, other.left);
    const height = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
    return width > 0 && height > 0 ? width * height : 0;
  };

  return (svg) => {
    const { width: wide, height: high } = svg.viewBox.baseVal;
    const unit = wide / svg.getBoundingClientRect().width; // of the drawing, in a CSS pixel
    if (!Number.isFinite(unit)) return;
    svg.classList.toggle("small", wide / unit < 500);
    const boxes = svg.querySelectorAll(".box .line");
    const texts = [...svg.querySelectorAll(".tag:not(.below) text")];
    for (const text of texts) text.setAttribute("font-size", LETTER * unit);
    const widths = texts.map((text) => text.getComputedTextLength() + 8 * unit); // all at once: one layout
    const height = LETTER * 1.4 * unit;
    const taken = [];
    texts.forEach((text, number) => {
      const width = widths[number];
      const box = boxes[text.parentElement.dataset.number].getBBox();
      let best = null;
      for (const [x, y] of corners(box, width, height)) {
        const left = Math.max(0, Math.min(x, wide - width));
        const top = Math.max(0, Math.min(y, high - height));
        const place = { left, top, right: left + width, bottom: top + height };
        const covered = taken.reduce((sum, other) => sum + common(place, other), 0);
        if (!best || covered < best.covered) best = { ...place, covered };
        if (!covered) break;
      }
      taken.push(best);
      const plate = text.previousElementSibling;
      for (const [name, value] of Object.entries({ x: best.left, y: best.top, width, height, rx: 3 * unit })) plate.setAttribute(name, value);
      text.setAttribute("x", best.left + 4 * unit);
      text.setAttribute("y", best.top + LETTER * 1.08 * unit);
    });
  };
})();
