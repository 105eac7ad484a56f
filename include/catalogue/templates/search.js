"use strict";
const box = document.getElementById("search");
const list = document.getElementById("found");
const count = document.getElementById("count");
const items = Array.from(list.children);

// Lower is better: the column's own name first, then its names, then what is said of it. -1: not found.
function place(item, words) {
  const { column, names } = item.dataset;
  const text = item.textContent.toLowerCase();
  const query = words.join(" ");
  if (column === query) return 0;
  if (column.startsWith(query)) return 1;
  if (words.every((word) => column.includes(word))) return 2;
  if (words.every((word) => names.includes(word))) return 3;
  return words.every((word) => text.includes(word)) ? 4 : -1;
}

function search() {
  const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  const hits = words.length
    ? items.map((item) => [place(item, words), item]).filter(([found]) => found >= 0)
    : [];
  hits.sort(([a], [b]) => a - b);
  list.replaceChildren(...hits.map(([, item]) => item));
  count.textContent = words.length ? `${hits.length} 列 · columns` : "";
}

box.addEventListener("input", search);
search();
