"use strict";
// The grid: every page of hits has its place from the start, and its photos only while it is near the window.
// So a list of 100,000 photos is a few hundred empty boxes, and the scroll bar says the truth.
{
  const hits = document.getElementById("hits");
  const size = Number(hits.dataset.page);
  const pages = () => [...hits.querySelectorAll(".page")];

  const load = async (page) => {
    if (page.dataset.state) return;
    page.dataset.state = "loading";
    const source = new URL(hits.dataset.src, location.href);
    source.searchParams.set("start", page.dataset.start);
    try {
      const answer = await fetch(source);
      if (!answer.ok) throw new Error(answer.status);
      const holder = document.createElement("template");
      holder.innerHTML = await answer.text(); // made by the server's template, which escapes all names
      page.replaceChildren(...holder.content.querySelector(".page").children);
      page.dataset.state = "full";
      page.style.height = "";
    } catch {
      delete page.dataset.state;
    }
  };

  const unload = (page) => {
    if (page.dataset.state !== "full" || page.contains(document.activeElement)) return;
    page.style.height = `${page.offsetHeight}px`;
    page.replaceChildren();
    delete page.dataset.state;
  };

  const watcher = new IntersectionObserver(
    (changes) => changes.forEach(({ target, isIntersecting }) => (isIntersecting ? load(target) : unload(target))),
    { rootMargin: "1500px 0px" },
  );

  // The height that a page of `count` photos will have.
  const height = (count) => {
    const style = getComputedStyle(hits.querySelector(".page"));
    const columns = style.gridTemplateColumns.split(" ").length;
    const gap = Number.parseFloat(style.rowGap);
    const side = (hits.clientWidth - (columns - 1) * gap) / columns;
    const rows = Math.ceil(count / columns);
    return rows * side + (rows - 1) * gap;
  };

  const reserve = (total) => {
    for (let start = pages().length * size; start < total; start += size) {
      const page = document.createElement("ol");
      page.className = "page";
      page.dataset.start = start;
      page.style.height = `${height(Math.min(size, total - start))}px`;
      hits.append(page);
      watcher.observe(page);
    }
  };

  const first = pages()[0];
  if (first) {
    first.dataset.state = "full";
    watcher.observe(first);
  }
  addEventListener("resize", () => {
    for (const page of pages()) if (!page.dataset.state) page.style.height = `${height(size)}px`;
  });

  const facets = document.getElementById("facets");
  const open = async () => {
    const answer = await fetch(facets.dataset.src);
    if (!answer.ok) return;
    facets.innerHTML = await answer.text(); // made by the server's template
    const total = Number(facets.firstElementChild.dataset.total);
    if (matchMedia("(max-width: 800px)").matches) for (const part of facets.querySelectorAll("details")) part.open = false;
    document.getElementById("summary").textContent = total === 1 ? "1 photo" : `${total.toLocaleString("en")} photos`;
    if (first) reserve(total);
  };
  if (!document.getElementById("fault").textContent.trim()) open();
}
