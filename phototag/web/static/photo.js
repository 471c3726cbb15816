"use strict";
// One photo: boxes that light up, a threshold, and the way to its neighbours by key or by swipe.
{
  const boxes = document.getElementById("boxes");
  const frame = document.querySelector(".frame");
  const toggle = document.getElementById("toggle");
  const threshold = document.getElementById("threshold");
  const both = (number) => document.querySelectorAll(`[data-number="${number}"]`);

  frame.style.setProperty("--wide", frame.dataset.width);
  frame.style.setProperty("--high", frame.dataset.height);
  frame.classList.add("fits");
  new ResizeObserver(() => placeLabels(boxes)).observe(frame);

  const light = (number, on) => {
    both(number).forEach((part) => part.classList.toggle("lit", on));
    boxes.classList.toggle("some", Boolean(document.querySelector(".objects .lit")));
  };

  for (const item of document.querySelectorAll(".objects li")) {
    const button = item.querySelector("button");
    const { number } = item.dataset;
    const kept = () => button.getAttribute("aria-pressed") === "true";
    button.addEventListener("click", () => {
      button.setAttribute("aria-pressed", String(!kept()));
      light(number, kept());
    });
    for (const name of ["mouseenter", "focusin"]) item.addEventListener(name, () => light(number, true));
    for (const name of ["mouseleave", "focusout"]) item.addEventListener(name, () => light(number, kept()));
    const box = boxes.querySelector(`[data-number="${number}"]`);
    box.addEventListener("mouseenter", () => light(number, true));
    box.addEventListener("mouseleave", () => light(number, kept()));
  }

  threshold?.addEventListener("input", () => {
    document.querySelector("output").textContent = `${threshold.value}%`;
    for (const part of document.querySelectorAll("[data-confidence]"))
      part.classList.toggle("below", Number(part.dataset.confidence) * 100 < Number(threshold.value));
    placeLabels(boxes);
  });
  toggle?.addEventListener("change", () => boxes.toggleAttribute("hidden", !toggle.checked));

  const go = (where) => document.getElementById(where)?.click();
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.type === "range" && event.key.startsWith("Arrow")) return; // they move the slider
    const links = { ArrowLeft: "before", ArrowRight: "after", Escape: "back" };
    if (event.key in links) go(links[event.key]);
    else if (event.key === "b") toggle?.click();
  });

  let begun = null;
  frame.addEventListener("touchstart", ({ touches }) => {
    begun = touches.length === 1 && (window.visualViewport?.scale ?? 1) === 1 ? touches[0] : null;
  }, { passive: true });
  frame.addEventListener("touchend", ({ changedTouches: [ended] }) => {
    const across = begun ? ended.clientX - begun.clientX : 0;
    if (Math.abs(across) > 60 && Math.abs(across) > 2 * Math.abs(ended.clientY - begun.clientY)) go(across < 0 ? "after" : "before");
    begun = null;
  });

  // The neighbours' pictures are fetched once this one is there: the next step then shows at once.
  addEventListener("load", () => {
    for (const where of ["after", "before"]) {
      const { picture } = document.getElementById(where)?.dataset ?? {};
      if (picture) new Image().src = picture;
    }
  });
}
