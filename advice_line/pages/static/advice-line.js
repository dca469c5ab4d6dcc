// Makes the NHS.UK components work, and tells the live parts of a page when something changed. Pages work without it.
import { initAll } from "./vendor/nhsuk-frontend.min.js";

initAll();

function watch() {
  const events = new EventSource("/events");
  let wasOpen = false;
  const tell = () => document.body.dispatchEvent(new Event("changed"));
  events.addEventListener("changed", tell);
  events.addEventListener("open", () => {
    // After a break nobody knows what was missed.
    if (wasOpen) tell();
    wasOpen = true;
  });
  // A page that is left, or kept by the browser for going back, must not hold a connection.
  window.addEventListener("pagehide", () => events.close());
  window.addEventListener("pageshow", (shown) => {
    if (shown.persisted) watch();
  }, { once: true });
}

if (document.querySelector("[data-al-live]")) watch();

// A player's speed: one press, kept by the player itself. Without JavaScript the browser's own menu offers it.
function offerSpeeds() {
  for (const speeds of document.querySelectorAll("[data-al-speeds][hidden]")) {
    speeds.hidden = false;
  }
}

document.addEventListener("click", (click) => {
  const chosen = click.target.closest("[data-al-speed]");
  if (!chosen) return;
  const message = chosen.closest(".al-message");
  message.querySelector("audio").playbackRate = Number(chosen.dataset.alSpeed);
  for (const each of message.querySelectorAll("[data-al-speed]")) {
    each.setAttribute("aria-pressed", String(each === chosen));
  }
});

offerSpeeds();
document.body.addEventListener("htmx:after:swap", offerSpeeds);
