// The practice phone: rings a line through the practice routes and shows the call as it goes.

import * as microphone from "./microphone.js";

const find = (id) => document.getElementById(id);
const list = find("transcript").querySelector("ol");
const OTHER = "another number";

const SPEAKERS = { heard: "You hear", tone: "You hear", pressed: "You press", said: "You say" };
const WAITING = {
  keys: "The line is listening for a key.",
  speech: "Recording. Say something, or hang up.",
  nothing: "Listen.",
};
const ENDINGS = {
  completed: "The call is over.",
  busy: "The number was busy.",
  failed: "The call could not be made.",
  canceled: "The call was cancelled.",
  "no-answer": "The call was not answered.",
};

let sid = null; // the call in hand
let shown = 0; // lines of its transcript on the page

async function ask(path, order, method = order === undefined ? "GET" : "POST") {
  const request = { method, headers: { "Content-Type": "application/json" } };
  if (order) request.body = JSON.stringify(order);
  const response = await fetch(`/practice${path}`, request);
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error || "The exchange did not understand. Please load the page again.");
  return answer;
}

async function attempt(work) {
  complain("");
  try {
    await work();
  } catch (error) {
    complain(error instanceof TypeError ? "The exchange does not answer. Is it still running?" : error.message);
  }
}

function complain(sentence) {
  find("problem").textContent = sentence;
  find("problem").hidden = !sentence;
}

function show(state) {
  for (const step of state.steps.slice(shown)) list.append(lineOf(step));
  if (state.steps.length > shown) find("transcript").scrollTop = find("transcript").scrollHeight;
  shown = state.steps.length;
  const over = state.waiting_for === "ended";
  const ringing = state.status === "queued" || state.status === "ringing";
  say(over ? ENDINGS[state.status] : ringing ? "Ringing." : WAITING[state.waiting_for]);
  allow(over ? "nothing" : state.waiting_for, !over);
}

function say(sentence) {
  // Told only when it changes, so that a screen reader does not repeat it.
  if (find("status").textContent !== sentence) find("status").textContent = sentence;
}

function allow(what, live) {
  const focused = document.activeElement;
  find("keypad").disabled = !live;
  find("hang-up").disabled = !live;
  find("silent").disabled = what === "nothing";
  find("mouth").disabled = what !== "speech";
  if (what !== "speech") closeMicrophone();
  find("call").disabled = live;
  // Whoever works without a mouse must not lose their place when what they were on is switched off.
  if (focused.matches(":disabled")) (live ? find("keypad").querySelector("button") : find("call")).focus();
}

function lineOf(step) {
  const line = document.createElement("li");
  const speaker = SPEAKERS[step.kind];
  if (speaker) {
    const who = document.createElement("span");
    who.className = "who";
    who.textContent = `${speaker}:`;
    line.append(who, " ");
  }
  line.className = { pressed: "mine", said: "mine", lost: "aside", note: "aside" }[step.kind] || "";
  line.append(step.text);
  return line;
}

// As people write a number (07700 900123), or as networks do (+447700900123).
const dialled = (written) => {
  const number = written.replace(/[\s().-]/g, "").replace(/^0(?=[1-9])/, "+44");
  if (!/^\+[1-9][0-9]{6,14}$/.test(number)) throw new Error("Enter a telephone number, for example 07700 900123.");
  return number;
};
const spoken = (number) => number.replace(/^\+44(\d{4})(\d+)$/, "0$1 $2");

async function follow(state) {
  sid = state.sid;
  shown = 0;
  list.replaceChildren();
  show(state);
  find("keypad").querySelector("button").focus();
  while (sid === state.sid && !state.settled) {
    state = await ask(`/calls/${state.sid}?since=${state.version}`);
    if (sid === state.sid) show(state);
  }
  if (sid === state.sid) sid = null;
}

const act = (what, order = null) => attempt(() => (sid ? ask(`/calls/${sid}/${what}`, order) : null));

find("ring").addEventListener("submit", (event) => {
  event.preventDefault();
  const chosen = find("line").value;
  const to = (chosen === OTHER ? find("other-line").value : chosen).replaceAll(" ", "");
  attempt(async () => {
    if (!/^\+[1-9][0-9]{6,14}$/.test(to)) throw new Error("Enter the number to ring, starting with +44.");
    await follow(await ask("/calls", { to, from: find("from").value, unhurried: find("unhurried").checked }));
  });
});

find("line").addEventListener("change", () => (find("other").hidden = find("line").value !== OTHER));

find("keypad").addEventListener("click", (event) => {
  const key = event.target.dataset.key || event.target.textContent.trim();
  if (event.target.tagName === "BUTTON") act("press", { digits: key });
});

find("keypad").addEventListener("keydown", (event) => {
  if (/^[0-9*#]$/.test(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    act("press", { digits: event.key });
  }
});

find("hang-up").addEventListener("click", () => act("hang-up"));
find("silent").addEventListener("click", () => act("keep-silent"));

find("say").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(async () => {
    const [file] = find("file").files;
    const words = find("words").value.trim();
    if (!file && !words) throw new Error("Write what you say, or choose a WAV file.");
    await ask(`/calls/${sid}/speak`, file ? { audio_base64: await base64(file) } : { text: words });
    find("say").reset();
  });
});

// The microphone listens from one press of its button to the next; what it heard is then said.

const NOT_LISTENING = find("microphone-hint").textContent;
const LISTENING = "The microphone is on. Speak now, and press the button again when you have finished.";
const NO_MICROPHONE =
  "Your microphone cannot be used here: browsers lend it only to pages that come over https, or from this computer " +
  "(localhost). You can type what you say, or play a WAV file.";

let heard = null; // what the microphone hears just now
let counting = null;

find("microphone").addEventListener("click", () =>
  attempt(async () => {
    if (heard) return sayHeard();
    heard = await microphone.listen();
    showMicrophone("Stop, and say it", LISTENING);
    const began = performance.now();
    counting = setInterval(() => countFrom(began), 200);
  }),
);

async function sayHeard() {
  const file = await heard.stop();
  await closeMicrophone();
  await ask(`/calls/${sid}/speak`, { audio_base64: await base64(file) });
}

async function closeMicrophone() {
  if (!heard) return;
  const listener = heard;
  heard = null;
  clearInterval(counting);
  showMicrophone("Speak into the microphone", NOT_LISTENING);
  await listener.drop();
}

function showMicrophone(label, hint) {
  find("microphone").textContent = label;
  find("microphone-hint").textContent = hint;
  find("microphone-seconds").textContent = "";
}

// Shown, not told: a screen reader that counts would be heard in the message.
function countFrom(began) {
  const seconds = Math.floor((performance.now() - began) / 1000);
  find("microphone-seconds").textContent = seconds === 1 ? "1 second" : `${seconds} seconds`;
}

if (!microphone.allowed()) {
  find("microphone").hidden = true;
  find("microphone-hint").textContent = NO_MICROPHONE;
}

async function base64(file) {
  const url = await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(new Error("That file cannot be read. Please choose another."));
    reader.readAsDataURL(file);
  });
  return url.slice(url.indexOf(",") + 1);
}

// Being rung: one number at a time rings here, as long as the button is pressed.

let listening = null;
let ringing = null;

find("here").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(() => (listening ? stopListening() : listen(dialled(find("here-number").value))));
});

async function listen(number) {
  const known = (await ask(`/phones/${number}/rings`)).length; // before it rings here, so that no ring falls in between
  await ask(`/phones/${number}`, { answers: "person" }, "PUT");
  listening = number;
  pressed(true);
  watch(number, known);
}

async function stopListening() {
  const number = listening;
  listening = null;
  pressed(false);
  await ask(`/phones/${number}`, {}, "PUT");
}

function pressed(on) {
  find("here-button").setAttribute("aria-pressed", String(on));
  find("here-button").textContent = on ? "Stop ringing here" : "Ring here";
}

async function watch(number, known) {
  await attempt(async () => {
    while (listening === number) {
      const rings = await ask(`/phones/${number}/rings?since=${known}`);
      if (rings.length > known && listening === number) await offer(rings.at(-1));
      known = rings.length;
    }
  });
}

async function offer(ring) {
  ringing = ring.call_sid;
  find("incoming").querySelector("p").textContent = `Ringing: a call from ${spoken(ring.from)}.`;
  find("incoming").hidden = false;
  let state = await ask(`/calls/${ringing}`);
  while (state.status === "ringing") state = await ask(`/calls/${ringing}?since=${state.version}`);
  find("incoming").hidden = true;
  ringing = null;
}

find("answer").addEventListener("click", () => attempt(async () => follow(await ask(`/calls/${ringing}/answer`, null, "POST"))));
find("decline").addEventListener("click", () => attempt(() => ask(`/calls/${ringing}/hang-up`, null, "POST")));

window.addEventListener("pagehide", () => {
  if (sid) navigator.sendBeacon(`/practice/calls/${sid}/hang-up`);
});

attempt(async () => {
  const lines = await ask("/lines");
  const choices = lines.map(({ number, label }) => new Option([label, spoken(number)].filter(Boolean).join(", "), number));
  find("line").append(...choices, new Option("Another number", OTHER));
  find("lines").hidden = !lines.length;
  find("line").dispatchEvent(new Event("change"));
});
