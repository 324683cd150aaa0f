// Trades on the candles: entry, exit, the way between, and the stop; as a drawing that moves with the series.
"use strict";
(() => {
  function triangle(context, x, y, up) {
    const down = up ? 1 : -1;
    context.beginPath();
    context.moveTo(x, y + down);
    context.lineTo(x - 5, y + down * 10);
    context.lineTo(x + 5, y + down * 10);
    context.closePath();
    context.fill();
  }

  function stroke(context, colour, width, dash, [x1, y1, x2, y2]) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.setLineDash(dash);
    context.beginPath();
    context.moveTo(x1, y1);
    context.lineTo(x2, y2);
    context.stroke();
    context.setLineDash([]);
  }

  argos.TradeMarks = class {
    // More cannot be told apart.
    static MAX = 350;

    constructor() {
      // What is drawn: rows of the trades' columns, and for each the candles it begins and ends in.
      this.trades = null;
      this.rows = [];
      this.first = [];
      this.last = [];
      this.chosen = -1;
      this.view = { zOrder: () => "top", renderer: () => ({ draw: (target) => target.useMediaCoordinateSpace((scope) => this.draw(scope)) }) };
    }

    attached({ chart, series, requestUpdate }) {
      Object.assign(this, { chart, series, requestUpdate });
      argos.paint(() => requestUpdate());
    }

    updateAllViews() {}

    paneViews() {
      return [this.view];
    }

    // The scale of prices reaches as far as the chosen trade's stop.
    autoscaleInfo() {
      const stop = this.chosen < 0 ? NaN : this.trades.stop[this.chosen];
      return Number.isNaN(stop) ? null : { priceRange: { minValue: stop, maxValue: stop } };
    }

    set(trades, rows, first, last) {
      Object.assign(this, { trades, rows, first, last });
      this.requestUpdate();
    }

    choose(row) {
      this.chosen = row;
      this.requestUpdate();
    }

    // Places in `rows` of the trades in view.
    inView() {
      const range = this.chart.timeScale().getVisibleLogicalRange();
      if (!range) return [];
      const found = [];
      for (let place = 0; place < this.rows.length; place++) {
        if (this.last[place] >= range.from - 1 && this.first[place] <= range.to + 1) found.push(place);
      }
      return found;
    }

    at(place) {
      const row = this.rows[place];
      const scale = this.chart.timeScale();
      return {
        row,
        x1: scale.logicalToCoordinate(this.first[place]), y1: this.series.priceToCoordinate(this.trades.entry[row]),
        x2: scale.logicalToCoordinate(this.last[place]), y2: this.series.priceToCoordinate(this.trades.exit[row]),
      };
    }

    draw({ context }) {
      const places = this.inView();
      const colours = Object.fromEntries(["accent", "amber", "gain", "loss", "ink", "card"].map((name) => [name, argos.colour(name)]));
      if (places.length > argos.TradeMarks.MAX) {
        this.drawDense(context, places, colours);
        return;
      }
      for (const place of places) this.drawTrade(context, this.at(place), colours);
    }

    // Too many for marks that can be told apart: one dot for each entry, at most one in two pixels.
    drawDense(context, places, colours) {
      let before = -9;
      for (const place of places) {
        const { row, x1, y1 } = this.at(place);
        if (row !== this.chosen && Math.abs(x1 - before) < 2) continue;
        before = x1;
        context.fillStyle = this.trades.side[row] > 0 ? colours.accent : colours.amber;
        context.fillRect(x1 - 1, y1 - 1, 2, 2);
      }
    }

    drawTrade(context, { row, x1, y1, x2, y2 }, colours) {
      const { trades } = this;
      const chosen = row === this.chosen;
      context.globalAlpha = this.chosen < 0 || chosen ? 1 : 0.45;
      const won = trades.net[row] > 0;
      stroke(context, won ? colours.gain : colours.loss, chosen ? 2.5 : 1.5, won ? [] : [5, 3], [x1, y1, x2, y2]);
      const stop = this.series.priceToCoordinate(trades.stop[row]);
      if (!Number.isNaN(trades.stop[row]) && stop !== null) {
        stroke(context, colours.loss, chosen ? 2 : 1.25, [2, 3], [x1, stop, Math.max(x2, x1 + 8), stop]);
      }
      const long = trades.side[row] > 0;
      context.fillStyle = long ? colours.accent : colours.amber;
      triangle(context, x1, y1, long);
      context.beginPath();
      context.arc(x2, y2, chosen ? 5 : 4, 0, 2 * Math.PI);
      context.fillStyle = colours.card;
      context.fill();
      context.strokeStyle = colours.ink;
      context.lineWidth = 1.5;
      context.stroke();
      context.globalAlpha = 1;
    }

    // The row of the trade whose entry or exit is nearest to a point, within reach of a finger; -1 if none is.
    hit(x, y) {
      let best = 18;
      let found = -1;
      for (const place of this.inView().slice(0, argos.TradeMarks.MAX)) {
        const { row, x1, y1, x2, y2 } = this.at(place);
        const away = Math.min(Math.hypot(x - x1, y - y1), Math.hypot(x - x2, y - y2));
        if (away < best) [best, found] = [away, row];
      }
      return found;
    }
  };
})();
