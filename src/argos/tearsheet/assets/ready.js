// A page without charts over time is ready at once.
"use strict";
document.documentElement.dataset.ready = "true";
