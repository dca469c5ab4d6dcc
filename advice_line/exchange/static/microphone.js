// The microphone: what somebody says into it, as a WAV file of the kind that telephones carry.

const RATE = 8000;
const HEAD = 44; // bytes
const PROBLEMS = {
  NotAllowedError: "The browser does not let this page use the microphone. Allow it, or type what you say instead.",
  NotFoundError: "No microphone was found. Please connect one, or type what you say instead.",
};

// Browsers lend the microphone only to pages that came over https or from this computer.
export const allowed = () => window.isSecureContext && Boolean(navigator.mediaDevices?.getUserMedia);

// Begins to listen; the answer's `stop` ends it and gives the file, `drop` ends it and forgets what was heard.
export async function listen() {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true }).catch((error) => {
    throw new Error(PROBLEMS[error.name] || "The microphone cannot be used. Please type what you say instead.");
  });
  const recorder = new MediaRecorder(stream);
  const parts = [];
  recorder.addEventListener("dataavailable", (event) => parts.push(event.data));
  const stopped = new Promise((resolve) => recorder.addEventListener("stop", resolve));
  const end = async () => {
    if (recorder.state !== "inactive") recorder.stop();
    await stopped;
    stream.getTracks().forEach((track) => track.stop());
  };
  recorder.start();
  return {
    drop: end,
    async stop() {
      await end();
      return wav(await samplesOf(new Blob(parts)));
    },
  };
}

async function samplesOf(recording) {
  const context = new OfflineAudioContext(1, 1, RATE); // what it decodes has its rate
  const sound = await context.decodeAudioData(await recording.arrayBuffer());
  return sound.getChannelData(0);
}

function wav(samples) {
  const view = new DataView(new ArrayBuffer(HEAD + 2 * samples.length));
  const write = (at, text) => [...text].forEach((letter, index) => view.setUint8(at + index, letter.charCodeAt(0)));
  write(0, "RIFF");
  view.setUint32(4, HEAD - 8 + 2 * samples.length, true);
  write(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 1, true); // channels
  view.setUint32(24, RATE, true);
  view.setUint32(28, 2 * RATE, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true); // bits
  write(36, "data");
  view.setUint32(40, 2 * samples.length, true);
  samples.forEach((sample, index) => view.setInt16(HEAD + 2 * index, 32767 * Math.max(-1, Math.min(1, sample)), true));
  return new Blob([view], { type: "audio/wav" });
}
