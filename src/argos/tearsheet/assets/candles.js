// The candlestick chart: one symbol at a time, all of it or the true bars around one trade.
"use strict";
(() => {
  const AROUND = 400;
  const SHOWN_MIN = 60;
  const SHOWN_MAX = 240;

  async function candlesOf(table) {
    const told = await argos.unpack(table);
    const { close, gap, up, down } = told;
    const open = close.map((_, row) => (row ? close[row - 1] : 0) + gap[row]);
    const high = close.map((value, row) => Math.max(value, open[row]) + up[row]);
    const low = close.map((value, row) => Math.min(value, open[row]) - down[row]);
    return { time: told.time, first: told.first, bars: told.bars, open, high, low, close };
  }

  argos.CandleChart = class {
    constructor(data, trades) {
      Object.assign(this, { data, trades, symbol: -1, onChoose: () => {} });
      this.element = document.getElementById("candle-chart");
      this.chart = argos.chart(this.element, { daily: data.daily, wheel: true });
      this.series = argos.series(this.chart, "CandlestickSeries", () => this.colours());
      this.marks = new argos.TradeMarks();
      this.series.attachPrimitive(this.marks);
      this.tables = data.symbols.map(() => ({}));
      this.buttons();
      this.chart.subscribeClick(({ point }) => {
        const row = point ? this.marks.hit(point.x, point.y) : -1;
        if (row >= 0) this.onChoose(row);
      });
      this.chart.subscribeCrosshairMove((event) => this.read(event));
      this.chart.timeScale().subscribeVisibleLogicalRangeChange(() => this.count());
      argos.paint(() => this.candles && this.fill());
    }

    colours() {
      const [up, down] = [argos.colour("gain"), argos.colour("loss")];
      // Rising candles are hollow, falling ones filled.
      return { upColor: argos.colour("card"), downColor: down, borderUpColor: up, borderDownColor: down, wickUpColor: up, wickDownColor: down };
    }

    buttons() {
      const tools = argos.toolsOf(this.element);
      const choice = tools.querySelector("select");
      this.data.symbols.forEach(({ name }, index) => choice.add(new Option(name, index)));
      choice.closest("label").hidden = this.data.symbols.length < 2;
      choice.addEventListener("change", () => this.show(Number(choice.value)));
      tools.querySelector('[data-zoom="in"]').addEventListener("click", () => this.zoom(0.5));
      tools.querySelector('[data-zoom="out"]').addEventListener("click", () => this.zoom(2));
      tools.querySelector('[data-zoom="all"]').addEventListener("click", () => this.show(this.symbol));
      this.choice = choice;
    }

    async table(symbol, which) {
      const kept = this.tables[symbol];
      kept[which] ??= await candlesOf(this.data.symbols[symbol][which]);
      return kept[which];
    }

    // All of a symbol.
    async show(symbol) {
      this.chosen(-1);
      this.use(symbol, await this.table(symbol, "all"));
      this.chart.timeScale().fitContent();
      this.note();
    }

    // The bars around a trade, true ones where the page has them.
    async focus(row) {
      const symbol = this.trades.symbol[row];
      const near = this.data.symbols[symbol].near !== null;
      const all = await this.table(symbol, near ? "near" : "all");
      const [from, to] = [this.trades.entryBar[row], this.trades.exitBar[row]].map((bar) => argos.placeOf(all.first, bar));
      let start = 0;
      if (near) {
        start = Math.max(from - AROUND, 0);
        const end = Math.min(Math.max(to, from) + AROUND, all.first.length);
        this.use(symbol, Object.fromEntries(Object.entries(all).map(([name, values]) => [name, values.subarray(start, end)])));
      } else {
        this.use(symbol, all);
      }
      this.chosen(row);
      const pad = Math.min(Math.max((SHOWN_MIN - (to - from)) / 2, (to - from) * 0.4, 8), SHOWN_MAX);
      this.chart.timeScale().setVisibleLogicalRange({ from: from - start - pad, to: to - start + pad });
      this.note(near);
    }

    use(symbol, candles) {
      const changed = symbol !== this.symbol;
      Object.assign(this, { symbol, candles });
      this.choice.value = String(symbol);
      if (changed) {
        const digits = this.data.symbols[symbol].digits;
        this.series.applyOptions({ priceFormat: argos.format((value) => argos.number(value, digits), 10 ** -digits) });
      }
      this.fill();
      const { trades } = this;
      const rows = [];
      for (let row = 0; row < trades.rows; row++) if (trades.symbol[row] === symbol) rows.push(row);
      const place = (bar) => (bar < candles.first[0] ? -1e9 : argos.placeOf(candles.first, bar));
      this.marks.set(trades, rows, rows.map((row) => place(trades.entryBar[row])), rows.map((row) => place(trades.exitBar[row])));
    }

    // Candles of several bars are pale where they stand among true ones.
    fill() {
      const { time, open, high, low, close, bars } = this.candles;
      const mixed = bars.includes(1) && bars.some((count) => count > 1);
      const pale = argos.colour("strong");
      this.series.setData(Array.from(time, (at, row) => {
        const candle = { time: at, open: open[row], high: high[row], low: low[row], close: close[row] };
        return mixed && bars[row] > 1 ? { ...candle, color: pale, borderColor: pale, wickColor: pale } : candle;
      }));
    }

    // How many trades are in view, and that there are too many for marks.
    count() {
      const many = this.marks.inView().length;
      const dense = many > argos.TradeMarks.MAX ? ": too many for marks, dots are entries" : "";
      document.getElementById("in-view").textContent = many ? `${argos.number(many, 0)} trades in view${dense}` : "";
    }

    chosen(row) {
      this.marks.choose(row);
    }

    zoom(factor) {
      const scale = this.chart.timeScale();
      const range = scale.getVisibleLogicalRange();
      if (!range) return;
      const middle = (range.from + range.to) / 2;
      const half = Math.max(((range.to - range.from) / 2) * factor, 3);
      scale.setVisibleLogicalRange({ from: middle - half, to: middle + half });
    }

    note(near = false) {
      if (this.data.perCandle === 1) return;
      document.getElementById("candle-note").textContent = near
        ? `Around this trade each candle is one bar. Pale candles are up to ${this.data.perCandle} bars drawn together, where the page holds no single ones. "All" goes back to the whole.`
        : this.whole ??= document.getElementById("candle-note").textContent;
    }

    read({ time, seriesData }) {
      const candle = seriesData.get(this.series);
      const digits = this.symbol >= 0 ? this.data.symbols[this.symbol].digits : 2;
      document.getElementById("candle-read").textContent = candle === undefined ? "" : [
        argos.moment(time, this.data.daily),
        ...["open", "high", "low", "close"].map((name) => `${name[0].toUpperCase()} ${argos.number(candle[name], digits)}`),
      ].join("  ");
    }
  };
})();
