// SPDX-License-Identifier: Apache-2.0
// The report of a run: tables that sort by the heading that is clicked, numbers by their value.
"use strict";

function sortBy(table, column) {
  const heading = table.tHead.rows[0].cells[column];
  const text = heading.classList.contains("text");
  const up = heading.dataset.order ? heading.dataset.order !== "up" : text;
  for (const other of table.tHead.rows[0].cells) delete other.dataset.order;
  heading.dataset.order = up ? "up" : "down";
  const value = (row) => row.cells[column].dataset.order;
  const compare = (a, b) => (text ? value(a).localeCompare(value(b), "en", { numeric: true })
    : (value(a) === "" ? -Infinity : Number(value(a))) - (value(b) === "" ? -Infinity : Number(value(b))));
  const rows = [...table.tBodies[0].rows].sort((a, b) => (up ? 1 : -1) * compare(a, b));
  table.tBodies[0].append(...rows);
}

for (const table of document.querySelectorAll("table.sortable")) {
  table.tHead.addEventListener("click", (event) => {
    const heading = event.target.closest("th");
    if (heading) sortBy(table, heading.cellIndex);
  });
}
