"use strict";
// The page of a photo in a written gallery: its neighbours among what was searched for, and the way back there.
{
  const { content } = document.querySelector("main").dataset;
  const text = new URLSearchParams(location.hash.slice(1)).get("q") ?? "";
  const asked = text ? { q: text } : {};
  const back = document.getElementById("back");
  back.hash = new URLSearchParams({ ...asked, at: content });
  if (text) {
    let found = [];
    try {
      found = matching.found(text);
    } catch (error) {
      if (!(error instanceof matching.Fault)) throw error;
    }
    const place = found.findIndex((photo) => photo.content === content);
    if (place >= 0) {
      back.querySelector(".cut").textContent = text;
      document.querySelector(".steps .note").textContent = `${(place + 1).toLocaleString("en")} of ${found.length.toLocaleString("en")}`;
      for (const [name, step] of [["before", -1], ["after", 1]]) {
        const link = document.getElementById(name);
        const beside = found[place + step]?.content;
        if (!beside) link?.remove();
        else if (link) {
          link.href = `${beside}.html#${new URLSearchParams(asked)}`;
          link.dataset.picture = `../image/${beside}.jpg`;
        }
      }
    }
  }
}
