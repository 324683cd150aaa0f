// Puts the page of a run together.
"use strict";
(async () => {
  const data = JSON.parse(document.getElementById("data").textContent);
  await argos.drawEquity(data);
  await argos.drawRolling(data);
  await argos.drawExposure(data);
  const trades = await argos.unpack(data.trades);
  const candles = new argos.CandleChart(data, trades);
  await candles.show(trades.rows ? trades.symbol[0] : 0);
  if (trades.rows) {
    const table = new argos.TradeTable(data, trades);
    const choose = (row) => {
      table.choose(row);
      return candles.focus(row);
    };
    candles.onChoose = choose;
    table.onChoose = async (row) => {
      await choose(row);
      document.getElementById("trades").scrollIntoView({ block: "start", behavior: "smooth" });
    };
  }
  document.documentElement.dataset.ready = "true";
})();
