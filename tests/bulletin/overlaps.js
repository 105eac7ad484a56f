// Texts of a chart whose boxes meet, or that are cut by its edge.
() => [...document.querySelectorAll(".chart svg")].flatMap((svg) => {
  const edge = svg.getBoundingClientRect();
  const isShown = { opacityProperty: true, visibilityProperty: true };
  const boxes = [...svg.querySelectorAll("text")]
    .filter((text) => text.textContent.trim() && text.checkVisibility(isShown))
    .map((text) => [text.textContent, text.getBoundingClientRect()]);
  const meet = (a, b) =>
    a.left + 1 < b.right && b.left + 1 < a.right && a.top + 3 < b.bottom && b.top + 3 < a.bottom;
  const isCut = (box) =>
    box.left < edge.left - 1 || box.right > edge.right + 1 || box.top < edge.top - 1 || box.bottom > edge.bottom + 1;
  return boxes.flatMap(([text, box], at) => [
    ...(isCut(box) ? [`${text} is cut`] : []),
    ...boxes.slice(at + 1).filter(([_, other]) => meet(box, other)).map(([other]) => `${text} / ${other}`),
  ]);
})
