// Undoes packing.py: base64, deflate, byte planes, whole multiples of a step.
"use strict";
(() => {
  async function inflate(text) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  function column(bytes, start, rows, [, step, planes, differences]) {
    const values = new Float64Array(rows);
    // Divided by a whole number, 1234 hundredths are 12.34 exactly; multiplied by 0.01 they are not.
    const parts = step < 1 ? Math.round(1 / step) : 1;
    const size = step < 1 ? 1 : step;
    let before = 0;
    for (let row = 0; row < rows; row++) {
      let folded = 0;
      for (let plane = planes - 1; plane >= 0; plane--) {
        folded = folded * 256 + bytes[start + plane * rows + row];
      }
      if (folded === 0) {
        values[row] = NaN;
        continue;
      }
      folded -= 1;
      let whole = folded % 2 ? -(folded + 1) / 2 : folded / 2;
      if (differences) before = whole += before;
      values[row] = (whole * size) / parts;
    }
    return values;
  }

  // {rows, columns, data} -> {name: Float64Array}, NaN for missing.
  argos.unpack = async (table) => {
    const bytes = await inflate(table.data);
    const found = { rows: table.rows };
    let start = 0;
    for (const told of table.columns) {
      found[told[0]] = column(bytes, start, table.rows, told);
      start += told[2] * table.rows;
    }
    return found;
  };

  // The last place of rising `values` that is not above `value`; 0 if all are.
  argos.placeOf = (values, value) => {
    let low = 0;
    let high = values.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (values[middle] <= value) low = middle;
      else high = middle - 1;
    }
    return low;
  };
})();
