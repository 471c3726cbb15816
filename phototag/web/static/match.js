"use strict";
// What a query means over the photos of a written gallery: words, "phrases", and, or, not, parentheses, counts
// (person>=2), tag:, object:, taken:2023 or a range, camera:, name:. The data are in data.js.
const matching = (() => {
  const { photos, meanings } = PHOTOTAG;
  const WORD = /\s*("[^"]*"|\(|\)|[^\s()"]+(?:"[^"]*")?)/y;

  class Fault extends Error {}

  const tokens = (text) => {
    const found = [];
    WORD.lastIndex = 0;
    for (let match; WORD.lastIndex < text.trimEnd().length && (match = WORD.exec(text)); ) found.push(match[1]);
    return found;
  };

  const named = (word) => {
    const plain = word.replaceAll('"', "").toLowerCase().replaceAll(/[-_]/g, " ").trim();
    const tries = [plain, plain.replace(/s$/, ""), plain.replace(/es$/, ""), plain.replace(/ies$/, "y")];
    return tries.map((one) => Object.hasOwn(meanings, one) && meanings[one]).find(Boolean);
  };

  const contains = (value, text) => (value ?? "").toLowerCase().includes(text.replaceAll('"', "").toLowerCase());
  const filters = {
    taken: (text) => {
      const [low, high = low, more] = text.split("..");
      if (more !== undefined || ![low, high].every((day) => /^(\d{4}(-\d\d){0,2})?$/.test(day)) || !(low || high))
        throw new Fault(`“${text}” is no date here: write 2023, 2023-06 or 2023-06..2023-08.`);
      const [from, to] = [low, high].map((day) => (taken) => taken.slice(0, day.length));
      return ({ taken }) => Boolean(taken) && from(taken) >= low && to(taken) <= (high || taken);
    },
    camera: (text) => (photo) => contains(photo.camera, text),
    name: (text) => (photo) => contains(photo.name, text),
    tag: (text) => (name => (photo) => photo.tags.includes(name))(known(text)),
    object: (text) => (name => (photo) => Object.hasOwn(photo.objects, name))(known(text)),
  };

  const known = (word) => {
    const name = named(word);
    if (!name) throw new Fault(`No photo here has “${word.replaceAll('"', "")}”.`);
    return name;
  };

  const counted = (word, operator, low, range, high) => {
    const name = known(word);
    const least = low === "" ? 0 : Number(low);
    const tests = { ">=": (n) => n >= least, "<=": (n) => n <= least, ">": (n) => n > least, "<": (n) => n < least };
    tests["="] = (n) => n >= least && n <= (range ? (high === "" ? Infinity : Number(high)) : least);
    return (photo) => tests[operator](photo.objects[name] ?? 0);
  };

  const parse = (text) => {
    const words = tokens(text);
    const next = () => words[0]?.toLowerCase();
    const either = () => {
      const parts = [both()];
      while (next() === "or") words.shift(), parts.push(both());
      return (photo) => parts.some((part) => part(photo));
    };
    const both = () => {
      const parts = [one()];
      while (words.length && next() !== "or" && next() !== ")") {
        if (next() === "and") words.shift();
        parts.push(one());
      }
      return (photo) => parts.every((part) => part(photo));
    };
    const one = () => {
      const word = words.shift();
      if (word === undefined || word === ")") throw new Fault("Something is missing at the end.");
      if (word.toLowerCase() === "not") return ((part) => (photo) => !part(photo))(one());
      if (word === "(") {
        const inside = either();
        if (words.shift() !== ")") throw new Fault("A parenthesis is never closed.");
        return inside;
      }
      return term(word);
    };
    const term = (word) => {
      if (word.length > 1 && word.startsWith("-")) return ((part) => (photo) => !part(photo))(term(word.slice(1)));
      const [, filter, value] = /^([a-z]+):(.+)$/i.exec(word) ?? [];
      if (filter && Object.hasOwn(filters, filter.toLowerCase())) return filters[filter.toLowerCase()](value);
      const count = /^(.+?)(>=|<=|>|<|=)(\d*)(\.\.)?(\d*)$/.exec(word);
      if (count) return counted(...count.slice(1));
      // Words that stand side by side may be one name: the longest that is known counts.
      for (let more = Math.min(2, words.length); more > 0; more -= 1) {
        const name = named([word, ...words.slice(0, more)].join(" "));
        if (name) return words.splice(0, more), about(name);
      }
      return about(known(word));
    };
    const about = (name) => (photo) => photo.tags.includes(name) || Object.hasOwn(photo.objects, name);
    const whole = either();
    if (words.length) throw new Fault("A parenthesis closes nothing.");
    return whole;
  };

  // The photos that answer, in their order. Throws a `matching.Fault` for a text that can't be read.
  const found = (text) => (text.trim() ? photos.filter(parse(text.trim())) : photos);
  return { found, Fault };
})();
