// The table of trades: sorted, filtered and paged over columns; only the rows of one page exist.
"use strict";
(() => {
  const LONG = ["short", "", "long"];

  argos.TradeTable = class {
    constructor(data, trades) {
      Object.assign(this, { data, trades, key: "number", rising: true, page: 0, current: -1, onChoose: () => {} });
      this.columns = {
        ...trades,
        number: Float64Array.from({ length: trades.rows }, (_, row) => data.firstTrade + row + 1),
        bars: trades.exitBar.map((bar, row) => bar - trades.entryBar[row]),
        won: trades.net.map((net) => Number(net > 0)),
      };
      this.table = document.getElementById("trade-table");
      this.body = this.table.tBodies[0];
      this.table.classList.toggle("one", data.symbols.length < 2);
      this.filters();
      this.headings();
      this.pages();
      this.arrange();
    }

    filters() {
      const { data, columns } = this;
      const names = {
        symbol: data.symbols.map((symbol, index) => [index, symbol.name]),
        side: [[1, "long"], [-1, "short"]],
        reason: data.reasons.map((name, code) => [code, name]),
        won: [[1, "won"], [0, "lost"]],
      };
      const box = document.getElementById("filters");
      this.wanted = {};
      for (const choice of box.querySelectorAll("select")) {
        const name = choice.dataset.filter;
        const there = new Set(columns[name]);
        choice.add(new Option("all", ""));
        for (const [value, text] of names[name]) if (there.has(value)) choice.add(new Option(text, value));
        choice.closest("label").hidden = there.size < 2;
        choice.addEventListener("change", () => {
          this.wanted[name] = choice.value === "" ? null : Number(choice.value);
          this.arrange();
        });
      }
      box.hidden = false;
    }

    headings() {
      for (const heading of this.table.tHead.rows[0].cells) {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "sort";
        button.textContent = heading.textContent;
        heading.replaceChildren(button);
        button.addEventListener("click", () => {
          const { key } = heading.dataset;
          // Money is looked at from the greatest down; names and numbers from the first on.
          this.rising = key === this.key ? !this.rising : !["net", "fraction", "r", "costs", "bars"].includes(key);
          this.key = key;
          this.arrange();
        });
      }
    }

    pages() {
      const box = document.getElementById("pages");
      const go = { first: () => 0, back: () => this.page - 1, on: () => this.page + 1, last: () => Infinity };
      for (const button of box.querySelectorAll("button")) {
        button.addEventListener("click", () => {
          this.page = go[button.dataset.page]();
          this.draw();
        });
      }
      box.hidden = false;
      this.box = box;
    }

    // Which rows, in which order.
    arrange() {
      const wanted = Object.entries(this.wanted).filter(([, value]) => value !== null);
      const rows = [];
      for (let row = 0; row < this.trades.rows; row++) {
        if (wanted.every(([name, value]) => this.columns[name][row] === value)) rows.push(row);
      }
      const values = this.columns[this.key];
      const way = this.rising ? 1 : -1;
      rows.sort((a, b) => {
        const [x, y] = [values[a], values[b]];
        // What is missing comes last, whichever way.
        if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y) || a - b;
        return way * (x - y) || a - b;
      });
      this.rows = rows;
      this.page = 0;
      this.draw();
    }

    draw() {
      const { data, rows } = this;
      const last = Math.max(Math.ceil(rows.length / data.rows) - 1, 0);
      this.page = Math.min(Math.max(this.page, 0), last);
      const from = this.page * data.rows;
      this.body.replaceChildren(...rows.slice(from, from + data.rows).map((row) => this.row(row)));
      for (const heading of this.table.tHead.rows[0].cells) {
        if (heading.dataset.key === this.key) heading.setAttribute("aria-sort", this.rising ? "ascending" : "descending");
        else heading.removeAttribute("aria-sort");
      }
      for (const button of this.box.querySelectorAll("button")) {
        button.disabled = ["first", "back"].includes(button.dataset.page) ? this.page === 0 : this.page === last;
      }
      document.getElementById("page").textContent = `${argos.number(this.page + 1, 0)} of ${argos.number(last + 1, 0)}`;
      document.getElementById("trade-count").textContent = `${argos.number(rows.length, 0)} trades`;
    }

    row(row) {
      const { data, columns } = this;
      const digits = data.symbols[columns.symbol[row]].digits;
      const kind = columns.won[row] ? "gain" : "loss";
      const line = document.createElement("tr");
      const cell = (text, name = "") => {
        const found = line.insertCell();
        found.textContent = text;
        if (name) found.className = name;
        return found;
      };
      line.append(this.heading(row));
      cell(data.symbols[columns.symbol[row]].name, "text");
      cell(LONG[columns.side[row] + 1], "text");
      cell(argos.moment(columns.entryTime[row], data.daily), "text");
      cell(argos.moment(columns.exitTime[row], data.daily), "text");
      cell(argos.number(columns.bars[row], 0));
      cell(argos.number(columns.qty[row], data.qtyDigits));
      cell(argos.number(columns.entry[row], digits));
      cell(argos.number(columns.exit[row], digits));
      this.mark(cell(data.reasons[columns.reason[row]], "text"), row);
      cell(argos.number(columns.costs[row]));
      cell(argos.number(columns.net[row], 2, true), kind);
      cell(argos.percent(columns.fraction[row], 2, true), kind);
      cell(argos.number(columns.r[row], 2, true));
      if (row === this.current) line.setAttribute("aria-current", "true");
      line.addEventListener("click", () => this.onChoose(row));
      return line;
    }

    heading(row) {
      const heading = document.createElement("th");
      heading.scope = "row";
      const button = document.createElement("button");
      button.type = "button";
      button.className = "jump";
      button.textContent = argos.number(this.columns.number[row], 0);
      button.setAttribute("aria-label", `Show trade ${button.textContent} on the chart`);
      heading.append(button);
      return heading;
    }

    mark(cell, row) {
      if (!this.columns.ambiguous[row]) return;
      const sign = document.createElement("abbr");
      sign.textContent = "?";
      sign.title = "ambiguous: the bar does not tell what came first, the worse was taken";
      cell.append(" ", sign);
    }

    // Shows the page on which a trade is, and marks it.
    choose(row) {
      this.current = row;
      const place = this.rows.indexOf(row);
      if (place >= 0) this.page = Math.floor(place / this.data.rows);
      this.draw();
    }
  };
})();
