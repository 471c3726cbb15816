"use strict";
// Completion of the search field from the words of this index, and its faults while one types.
{
  const field = document.getElementById("q");
  const list = document.getElementById("suggestions");
  const fault = document.getElementById("fault");
  let chosen = -1;
  let asked = 0;
  let timer = 0;
  let told = null;

  const close = () => {
    list.hidden = true;
    list.replaceChildren();
    chosen = -1;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  };

  const choose = (place) => {
    const items = [...list.children];
    if (!items.length) return;
    chosen = (place + items.length) % items.length;
    items.forEach((item, number) => item.setAttribute("aria-selected", String(number === chosen)));
    field.setAttribute("aria-activedescendant", items[chosen].id);
    items[chosen].scrollIntoView({ block: "nearest" });
  };

  const take = (text) => {
    field.value = text;
    close();
    field.focus();
  };

  const show = (texts) => {
    close();
    texts.forEach((text, number) => {
      const item = document.createElement("li");
      item.id = `suggestion-${number}`;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", "false");
      item.textContent = text;
      item.addEventListener("mousedown", (event) => {
        event.preventDefault();
        take(text);
      });
      list.append(item);
    });
    list.hidden = !texts.length;
    field.setAttribute("aria-expanded", String(Boolean(texts.length)));
  };

  const ask = async () => {
    const number = ++asked;
    const answer = await fetch(`/complete?${new URLSearchParams({ q: field.value })}`);
    if (!answer.ok || number !== asked) return;
    const { texts, fault: html } = await answer.json();
    if (document.activeElement === field) show(texts);
    if (html === told) return; // a screen reader would say it again
    told = html;
    fault.innerHTML = html; // made by the server's template, which escapes what the user wrote
  };

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 120);
  });
  field.addEventListener("blur", close);
  field.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" && !list.hidden) choose(chosen + 1);
    else if (event.key === "ArrowUp" && !list.hidden) choose(chosen - 1);
    else if (event.key === "Escape" && !list.hidden) close();
    else if ((event.key === "Enter" || event.key === "Tab") && chosen >= 0) take(list.children[chosen].textContent);
    else return;
    event.preventDefault();
  });
  document.getElementById("sort").addEventListener("change", (event) => event.target.form.requestSubmit());
}
