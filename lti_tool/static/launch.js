// Where the browser refuses our cookie in a frame, the LMS's page may keep a value for us, so that the launch comes back
// to the browser that began the login (1EdTech Client Side postMessages 0.1 and Platform Storage 0.1). Everything it
// needs stands on the tag of this script. Whoever does not answer in time changes nothing: the page has a button.
const { origin, frame, key, value, next } = document.currentScript.dataset;
const waiting = document.documentElement.classList;
const around = parent === self ? opener : parent;
const [PATIENCE, PAUSE] = [2500, 200]; // milliseconds; Canvas' editor never answers, another frame may still be loading

// One question to one window. Only that window, of that origin, with our number on it, is believed.
const ask = (to, where, message) =>
  new Promise((answered, failed) => {
    const message_id = crypto.getRandomValues(new Uint32Array(4)).join("-");
    const hear = (event) => {
      const { subject, message_id: number, error } = event.data ?? {};
      if (event.source !== to || (where !== "*" && event.origin !== where)) return;
      if (number !== message_id || subject !== `${message.subject}.response`) return;
      removeEventListener("message", hear);
      clearInterval(asking);
      error ? failed(error) : answered(event.data);
    };
    addEventListener("message", hear);
    const say = () => to.postMessage({ ...message, message_id }, where);
    const asking = setInterval(say, PAUSE);
    setTimeout(() => (clearInterval(asking), failed("no answer")), PATIENCE);
    say();
  });

// The name of the frame beside us that keeps values: as the login told, else as the page around us says when asked.
const named = async () => {
  if (frame) return frame;
  const { supported_messages } = await ask(around, "*", { subject: "lti.capabilities" });
  return supported_messages.find(({ subject }) => subject === "lti.put_data").frame ?? "_parent";
};

const page = new Promise((parsed) => addEventListener("DOMContentLoaded", parsed));
const run = async () => {
  const name = await named();
  const keeper = name === "_parent" ? around : around.frames[name];
  if (next) {
    await ask(keeper, origin, { subject: "lti.put_data", key, value });
    location.replace(next);
  } else {
    const kept = await ask(keeper, origin, { subject: "lti.get_data", key });
    await page;
    const form = document.querySelector("[data-fetch]");
    form.elements.kept.value = kept.value ?? "";
    if (kept.value) form.submit();
    else throw kept;
  }
};
if (around) {
  if (frame || !next) waiting.add("waiting"); // nothing to read meanwhile: as a rule the answer comes at once
  run().catch(() => waiting.remove("waiting"));
}
