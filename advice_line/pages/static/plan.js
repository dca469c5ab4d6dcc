// The plan: a call is moved with the mouse onto another session. The link at each call leads to a form that does the same.
const dialog = document.querySelector("[data-al-moving]");
const said = document.querySelector("[data-al-said]");
let dragged = null;
let wasChanged = false;

function offerDragging() {
  for (const call of document.querySelectorAll("[data-al-call]")) call.draggable = true;
  for (const words of document.querySelectorAll("[data-al-with-drag]")) words.hidden = false;
}

function mark(session) {
  for (const each of document.querySelectorAll(".al-session--under")) each.classList.remove("al-session--under");
  session?.classList.add("al-session--under");
}

// The session under the mouse, unless the call is in it already.
function under(event) {
  const session = event.target.closest?.("[data-al-session]");
  return dragged && session && !session.contains(dragged) ? session : null;
}

function ask(call, session) {
  const form = dialog.querySelector("form");
  form.action = call.alPath;
  for (const [name, value] of Object.entries({
    therapist: session.alTherapist, day: session.alDay, time: session.alTime, until: session.alUntil,
  })) form.elements[name].value = value;
  for (const [name, words] of Object.entries({ call: call.alCall, is: call.alIs, words: session.alWords })) {
    dialog.querySelector(`[data-al-fill="${name}"]`).textContent = words;
  }
  dialog.showModal();
}

function say(words) {
  said.textContent = words;
  said.className = "nhsuk-inset-text al-said";
}

// What was said is read, and must not lie on what comes next.
function hush() {
  said.textContent = "";
  said.className = "nhsuk-u-visually-hidden";
}

document.addEventListener("pointerdown", hush);
document.addEventListener("keydown", hush);

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-al-call]") ?? null;
  if (!dragged) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.dataset.alCall);
  dragged.classList.add("al-dragged");
});

document.addEventListener("dragover", (event) => {
  if (!dragged) return;
  // A day opens when a call is held over it.
  const day = event.target.closest?.("summary")?.parentElement;
  if (day) day.open = true;
  const session = under(event);
  mark(session);
  if (session) event.preventDefault();
});

document.addEventListener("drop", (event) => {
  const session = under(event);
  if (!session) return;
  event.preventDefault();
  const { alMinutes } = dragged.dataset;
  if (Number(session.dataset.alRoom) < Number(alMinutes)) {
    say(`There is no room for a call of ${alMinutes} minutes in the session of ${session.dataset.alWords}. Move one of its calls first, or choose another session.`);
    return;
  }
  ask(dragged.dataset, session.dataset);
});

document.addEventListener("dragend", () => {
  dragged?.classList.remove("al-dragged");
  dragged = null;
  mark(null);
  catchUp();
});

// Nothing moves under somebody's hands: while they drag, decide or fill in a field, the plan waits with its news.
function isBusy() {
  return Boolean(dragged) || dialog.open || document.activeElement?.matches("select, textarea, input:not([type=checkbox])");
}

function holdStill(event) {
  if (event.target.id !== "plan" || !isBusy()) return;
  event.preventDefault();
  wasChanged = true;
}

function catchUp() {
  if (!wasChanged || isBusy()) return;
  wasChanged = false;
  document.body.dispatchEvent(new Event("changed"));
}

document.addEventListener("htmx:before:request", holdStill);
document.addEventListener("htmx:after:request", holdStill);
document.addEventListener("htmx:after:swap", offerDragging);
dialog.addEventListener("close", catchUp);
document.addEventListener("focusout", () => setTimeout(catchUp));

offerDragging();
