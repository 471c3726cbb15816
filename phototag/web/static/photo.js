"use strict";
// One photo: boxes that light up, a threshold, and the way to its neighbours by keyboard.
{
  const boxes = document.getElementById("boxes");
  const toggle = document.getElementById("toggle");
  const threshold = document.getElementById("threshold");
  const both = (number) => document.querySelectorAll(`[data-number="${number}"]`);

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
  }
  for (const box of boxes.querySelectorAll(".box")) {
    box.addEventListener("mouseenter", () => light(box.dataset.number, true));
    box.addEventListener("mouseleave", () => light(box.dataset.number, false));
  }

  threshold?.addEventListener("input", () => {
    document.querySelector("output").textContent = `${threshold.value}%`;
    for (const part of document.querySelectorAll("[data-confidence]"))
      part.classList.toggle("below", Number(part.dataset.confidence) * 100 < Number(threshold.value));
  });
  toggle?.addEventListener("change", () => boxes.toggleAttribute("hidden", !toggle.checked));

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.type === "range") return;
    const links = { ArrowLeft: "before", ArrowRight: "after", Escape: "back" };
    if (event.key in links) document.getElementById(links[event.key])?.click();
    else if (event.key === "b" && toggle) toggle.click();
  });
}
