// Equity with its benchmark and what lies under water; rolling Sharpe; exposure.
"use strict";
(() => {
  const MODES = { linear: "Normal", log: "Logarithmic" };

  function line(name, more = {}) {
    return () => ({ color: argos.colour(name), lineWidth: 2, ...more });
  }

  // A scale of values with a bound: `low` and `high` turn the ends of what is seen into those that are shown.
  function within(low, high) {
    return (original) => {
      const range = original()?.priceRange;
      return range && { priceRange: { minValue: low(range.minValue), maxValue: high(range.maxValue) } };
    };
  }

  function scaleButtons(element, chart, logarithmic) {
    const tools = argos.toolsOf(element);
    for (const button of tools.querySelectorAll("[data-scale]")) {
      if (button.dataset.scale === "log" && !logarithmic) {
        button.disabled = true;
        button.title = "Equity came to nothing, of which there is no logarithm";
      }
      button.addEventListener("click", () => {
        for (const other of tools.querySelectorAll("[data-scale]")) {
          other.setAttribute("aria-pressed", String(other === button));
        }
        const mode = LightweightCharts.PriceScaleMode[MODES[button.dataset.scale]];
        chart.priceScale("right", 0).applyOptions({ mode });
      });
    }
  }

  argos.drawEquity = async (data) => {
    const element = document.getElementById("equity-chart");
    const table = await argos.unpack(data.timeline.equity);
    const chart = argos.chart(element, { daily: data.daily });
    const money = argos.format(argos.money, 0.01, (value) => argos.number(value));
    const other = table.benchmark && argos.series(chart, "LineSeries", line("plain", { priceFormat: money, lineWidth: 1.5, lineStyle: 2 }));
    const equity = argos.series(chart, "LineSeries", line("accent", { priceFormat: money, lastValueVisible: true }));
    const under = argos.series(chart, "AreaSeries", () => ({
      lineColor: argos.colour("loss"), lineWidth: 1, invertFilledArea: true,
      topColor: argos.colour("loss", 0.12), bottomColor: argos.colour("loss", 0.32),
      priceFormat: argos.format((value) => argos.percent(value), 1e-5),
      autoscaleInfoProvider: within((low) => Math.min(low, -0.01), () => 0),
    }), 1);
    if (other) other.setData(argos.points(table.time, table.benchmark));
    equity.setData(argos.points(table.time, table.equity));
    under.setData(argos.points(table.time, table.underwater));
    chart.panes()[0].setStretchFactor(3);
    chart.panes()[1].setStretchFactor(1);
    chart.priceScale("right", 1).applyOptions({ scaleMargins: { top: 0.02, bottom: 0.08 } });
    chart.timeScale().fitContent();
    scaleButtons(element, chart, data.logarithmic);
    const read = document.querySelector("#equity .read");
    chart.subscribeCrosshairMove(({ time, seriesData }) => {
      const value = (series) => seriesData.get(series)?.value;
      read.textContent = time === undefined || value(equity) === undefined ? "" : [
        argos.moment(time, data.daily), argos.money(value(equity)),
        argos.percent(value(under)), other && `${data.benchmark} ${argos.money(value(other))}`,
      ].filter(Boolean).join("   ");
    });
  };

  async function drawSmall(id, packed, column, { daily, kind, options, level, margins }) {
    const element = document.getElementById(id);
    const table = await argos.unpack(packed);
    const chart = argos.chart(element, { daily });
    const series = argos.series(chart, kind, options);
    series.setData(argos.points(table.time, table[column]));
    if (level !== undefined) {
      const zero = series.createPriceLine({ price: level, lineWidth: 1, lineStyle: 2, axisLabelVisible: false });
      argos.paint(() => zero.applyOptions({ color: argos.colour("soft") }));
    }
    if (margins) chart.priceScale("right").applyOptions({ scaleMargins: margins });
    chart.timeScale().fitContent();
  }

  argos.drawRolling = (data) => data.timeline.rolling && drawSmall("rolling-chart", data.timeline.rolling, "sharpe", {
    daily: true, kind: "LineSeries", level: 0,
    options: line("accent", { lineWidth: 1.5, priceFormat: argos.format((value) => argos.number(value), 0.01) }),
  });

  argos.drawExposure = (data) => drawSmall("exposure-chart", data.timeline.exposure, "exposure", {
    daily: data.daily, kind: "AreaSeries", margins: { top: 0.1, bottom: 0 },
    options: () => ({
      lineColor: argos.colour("plain"), lineWidth: 1, lineType: 1,
      topColor: argos.colour("plain", 0.35), bottomColor: argos.colour("plain", 0.1),
      priceFormat: argos.format((value) => `${argos.number(value)}×`, 0.01),
      autoscaleInfoProvider: within(() => 0, (high) => Math.max(high, 0.01)),
    }),
  });
})();
