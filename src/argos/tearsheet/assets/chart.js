// What all charts over time have in common: letters, colours, how they are moved, and who drew them.
"use strict";
(() => {
  const library = globalThis.LightweightCharts;
  const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif';

  // A chart in `element`. `daily`: no time of day on the axis. `wheel`: the wheel zooms once the chart was clicked.
  argos.chart = (element, { daily, wheel = false }) => {
    const chart = library.createChart(element, {
      autoSize: true,
      layout: { fontFamily: FONT, fontSize: 11, attributionLogo: false, panes: { enableResize: false } },
      rightPriceScale: { borderVisible: false, entireTextOnly: true },
      timeScale: {
        borderVisible: false, timeVisible: !daily, secondsVisible: false, rightOffset: 0,
        minBarSpacing: 0.001, enableConflation: true, fixLeftEdge: true, fixRightEdge: true,
      },
      crosshair: { mode: library.CrosshairMode.Normal },
      localization: { locale: "en-GB", timeFormatter: (time) => argos.moment(time, daily) },
      // A finger that moves up or down moves the page.
      handleScroll: { mouseWheel: false, pressedMouseMove: true, horzTouchDrag: true, vertTouchDrag: false },
      handleScale: { mouseWheel: false, pinch: true, axisPressedMouseMove: true },
    });
    if (wheel) {
      const turn = (on) => chart.applyOptions({ handleScale: { mouseWheel: on } });
      element.addEventListener("pointerdown", () => turn(true));
      element.addEventListener("pointerleave", () => turn(false));
    }
    argos.paint(() => chart.applyOptions({
      layout: {
        background: { type: "solid", color: argos.colour("card") },
        textColor: argos.colour("soft"),
        panes: { separatorColor: argos.colour("line") },
      },
      grid: { vertLines: { color: argos.colour("line", 0.6) }, horzLines: { color: argos.colour("line") } },
      crosshair: {
        vertLine: { color: argos.colour("plain"), labelBackgroundColor: argos.colour("plain") },
        horzLine: { color: argos.colour("plain"), labelBackgroundColor: argos.colour("plain") },
      },
    }));
    return chart;
  };

  // Adds a series whose options depend on the theme.
  argos.series = (chart, kind, options, pane = 0) => {
    const series = chart.addSeries(library[kind], { priceLineVisible: false, lastValueVisible: false }, pane);
    argos.paint(() => series.applyOptions(options()));
    return series;
  };

  // Points of a line; a gap where the value is missing.
  argos.points = (times, values) =>
    Array.from(times, (time, row) => (Number.isNaN(values[row]) ? { time } : { time, value: values[row] }));

  // How a series tells its values; the axis tells `ticks`, without digits that are 0 at all of its marks.
  argos.format = (formatter, minMove, ticks = formatter) => ({
    type: "custom", formatter, minMove,
    tickmarksFormatter: (values) => {
      const texts = values.map(ticks);
      const idle = texts.map((text) => /[.]?0*(?=\D*$)/.exec(text.includes(".") ? text : "")?.[0].length ?? 0);
      const cut = Math.min(...idle);
      return cut ? texts.map((text) => text.replace(new RegExp(`.{${cut}}(?=[^\\d.]*$)`), "")) : texts;
    },
  });

  // Buttons that belong to a chart are of no use without it, and so appear with it.
  argos.toolsOf = (element) => {
    const tools = document.querySelector(`[data-for="${element.id}"]`);
    tools.hidden = false;
    return tools;
  };
})();
