// Makes the NHS.UK components work, and tells the live parts of a page when something changed. Pages work without it.
import { initAll } from "./vendor/nhsuk-frontend.min.js";

initAll();

function watch() {
  const events = new EventSource("/events");
  const tell = () => document.body.dispatchEvent(new Event("changed"));
  events.addEventListener("changed", tell);
  // Nobody knows what was missed before: since the page was made, or in a break.
  events.addEventListener("open", tell);
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

// What is typed is saved by and by. When that fails, whoever types is told at once; an answer of ours says why by itself.
for (const draft of document.querySelectorAll("[data-al-unsaved]")) {
  const tell = () => { draft.textContent = draft.dataset.alUnsaved; };
  draft.addEventListener("htmx:error", tell);
  draft.addEventListener("htmx:response:error", ({ detail }) => {
    if (![401, 403, 409].includes(detail.ctx.response.status)) tell();
  });
  // A tab that is closed, or a phone that is put away, takes the last few seconds with it unless they are sent now.
  const form = draft.closest("form");
  // Counted before anything is sent, so that of two saves the one with more changes has the newer words.
  form.addEventListener("input", () => {
    const changes = form.elements.draft_changes;
    changes.value = Number(changes.value) + 1;
  }, { capture: true });
  const send = () => navigator.sendBeacon(draft.dataset.hxPost, new URLSearchParams(new FormData(form)));
  form.addEventListener("input", () => {
    document.addEventListener("visibilitychange", () => { if (document.hidden) send(); });
    // A page that is loaded again asks for its words before the old one is hidden: they must be on their way by then.
    window.addEventListener("beforeunload", send);
  }, { once: true });
}

// What an answer asks for is opened with it. Without JavaScript whoever chose it opens it.
document.addEventListener("change", ({ target }) => {
  for (const asked of document.querySelectorAll("[data-al-opened-by]")) {
    if (target.value === asked.dataset.alOpenedBy && target.checked) asked.open = true;
  }
});

offerSpeeds();
document.body.addEventListener("htmx:after:swap", offerSpeeds);
