"use strict";
// The grid: every page of hits has its place from the start, and its photos only while it is near the window.
// So a list of 100,000 photos is a few hundred empty boxes, and the scroll bar says the truth.
{
  const hits = document.getElementById("hits");
  const size = Number(hits.dataset.page);
  const MOST = 1_200; // pages: browsers can't draw what is higher than some 16 million pixels
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
    for (let start = pages().length * size; start < Math.min(total, MOST * size); start += size) {
      const page = document.createElement("ol");
      page.className = "page";
      page.dataset.start = start;
      page.dataset.count = Math.min(size, total - start);
      page.style.height = `${height(page.dataset.count)}px`;
      hits.append(page);
      watcher.observe(page);
    }
    if (total <= MOST * size || document.getElementById("rest")) return;
    const note = document.createElement("p");
    note.id = "rest";
    note.className = "note";
    note.textContent = `These are the first ${(MOST * size).toLocaleString("en")}. Narrow the search to see others.`;
    hits.append(note);
  };

  // `#hit-250` is a place in the list: where one comes back to from a photo.
  const place = () => Number(/^#hit-(\d{1,7})$/.exec(location.hash)?.[1]);
  const photoAt = (number) => {
    const page = pages()[Math.floor((number - 1) / size)];
    return page?.querySelectorAll(".photo")[(number - 1) % size];
  };

  const comeBack = async (number) => {
    const page = pages()[Math.floor((number - 1) / size)];
    if (!page) return;
    await load(page);
    photoAt(number)?.focus({ preventScroll: true });
    photoAt(number)?.scrollIntoView({ block: "center" });
  };

  hits.addEventListener("click", ({ target }) => {
    const photo = target.closest(".photo");
    const page = photo?.closest(".page");
    if (!page) return;
    const number = Number(page.dataset.start) + [...page.querySelectorAll(".photo")].indexOf(photo) + 1;
    history.replaceState(null, "", `#hit-${number}`);
  });

  const count = async () => {
    const answer = await fetch(hits.dataset.total);
    if (!answer.ok) return;
    const { photos } = await answer.json();
    document.getElementById("summary").textContent = photos === 1 ? "1 photo" : `${photos.toLocaleString("en")} photos`;
    reserve(photos);
  };

  const narrow = document.getElementById("narrow");
  const wide = matchMedia("(min-width: 801px)");
  const unfold = () => narrow.toggleAttribute("open", wide.matches);
  const facets = document.getElementById("facets");
  const fill = async () => {
    const answer = await fetch(facets.dataset.src);
    if (!answer.ok) return;
    facets.innerHTML = await answer.text(); // made by the server's template
    const ends = facets.querySelector(".ends");
    const [from, to] = [...(ends?.children ?? [])].map((one) => one.textContent);
    const tell = (told) => ends.replaceChildren(...(told ? [told] : [from, to]).map((text) => Object.assign(document.createElement("span"), { textContent: text })));
    for (const bar of facets.querySelectorAll(".timeline a")) {
      for (const name of ["mouseenter", "focus"]) bar.addEventListener(name, () => tell(bar.dataset.told));
      for (const name of ["mouseleave", "blur"]) bar.addEventListener(name, () => tell());
    }
  };

  const first = pages()[0];
  if (first) {
    first.dataset.state = "full";
    first.dataset.count = size;
    watcher.observe(first);
    addEventListener("resize", () => {
      for (const page of pages()) if (!page.dataset.state) page.style.height = `${height(Number(page.dataset.count))}px`;
    });
    if (place()) {
      reserve(Math.ceil(place() / size) * size);
      comeBack(place());
    }
    count();
  }
  unfold();
  wide.addEventListener("change", unfold);
  if (first) fill();
}
