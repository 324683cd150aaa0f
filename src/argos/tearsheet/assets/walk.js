// Puts the page of a walk-forward together.
"use strict";
(async () => {
  const data = JSON.parse(document.getElementById("data").textContent);
  await argos.drawEquity(data);
  await argos.drawRolling(data);
  await argos.drawExposure(data);
  document.documentElement.dataset.ready = "true";
})();
