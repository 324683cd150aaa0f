// Light, dark, or as the system has it. The choice is kept where the browser allows a page of a file to keep anything.
"use strict";
globalThis.argos = {};
(() => {
  const KEY = "argos-theme";
  const CHOICES = ["system", "light", "dark"];
  const root = document.documentElement;
  const listeners = [];
  // Charts over time take no room where nobody can draw them.
  root.dataset.scripts = "on";
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);

  function kept() {
    try {
      const value = localStorage.getItem(KEY);
      return CHOICES.includes(value) ? value : "system";
    } catch {
      return "system";
    }
  }

  function keep(choice) {
    try {
      localStorage.setItem(KEY, choice);
    } catch {
      // The choice then holds until the page is closed.
    }
  }

  const button = document.getElementById("theme");

  function apply(choice) {
    if (choice === "system") delete root.dataset.theme;
    else root.dataset.theme = choice;
    button.textContent = `Theme: ${choice}`;
    button.dataset.choice = choice;
    for (const listener of listeners) listener();
  }

  button.hidden = false;
  button.addEventListener("click", () => {
    const next = CHOICES[(CHOICES.indexOf(button.dataset.choice) + 1) % CHOICES.length];
    keep(next);
    apply(next);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    for (const listener of listeners) listener();
  });

  // The colour that a variable of the style sheet has in the present theme, as rgb(); `alpha` from 0 to 1.
  argos.colour = (name, alpha = 1) => {
    probe.style.color = `var(--${name})`;
    const parts = getComputedStyle(probe).color.match(/[\d.]+/g).slice(0, 3);
    return `rgba(${parts.join(", ")}, ${alpha})`;
  };
  // Runs now and whenever the theme has changed.
  argos.paint = (draw) => {
    draw();
    listeners.push(draw);
  };
  apply(kept());
})();
