// What a page does beyond plain HTML. Everything works without this file; no word of any language is in it.
const all = (selector) => document.querySelectorAll(selector);

// A form with data-autosave sends itself there after a pause, every ten seconds, and when the page is left.
// The server answers 204, or JSON {fields: {name: value}} for hidden fields that follow, like the edition.
for (const form of all("form[data-autosave]")) {
  const line = form.querySelector("[data-save]");
  const { autosave, saved, unsaved, changed } = form.dataset;
  let dirty = false, flying = null, timer = 0, since = 0, wait = 0, stopped = false, leaving = false;

  const say = (text, alarm) => {
    line.hidden = false;
    line.setAttribute("aria-live", alarm ? "polite" : "off"); // trouble is read out, success is not
    if (line.textContent !== text) line.textContent = text;
  };
  const later = (pause) => {
    clearTimeout(timer);
    since ||= Date.now();
    timer = setTimeout(save, Math.max(0, wait || Math.min(pause, since + 10000 - Date.now())));
  };
  const save = async (closing) => {
    if (!dirty || stopped || leaving || flying) return;
    clearTimeout(timer);
    dirty = false;
    since = 0;
    const body = new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string"));
    flying = fetch(autosave, { method: "POST", body, headers: { "X-Autosave": "1" }, keepalive: closing === true && `${body}`.length < 60000 });
    try {
      const answer = await flying;
      if (answer.status === 409) {
        stopped = dirty = wait = 1;
        say(changed, true);
      } else if (!answer.ok || answer.redirected) {
        throw answer;
      } else {
        const { fields = {} } = answer.status === 204 ? {} : await answer.json();
        for (const name in fields) form.elements[name].value = fields[name];
        wait = 0;
        say(saved.replace("{time}", new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" })));
      }
    } catch {
      dirty = true;
      wait = Math.min((wait || 2500) * 2, 60000);
      say(unsaved, true);
    }
    flying = null;
    if (dirty) later(3000);
  };
  form.addEventListener("input", () => {
    dirty = true;
    later(3000);
  });
  // An answer on its way may move the edition, and another form (the language) may lead back here: both wait.
  addEventListener("submit", async (event) => {
    const own = event.target === form;
    const going = flying || (dirty && !own && !wait && !event.defaultPrevented && save());
    if (!going) return (leaving ||= own);
    event.preventDefault();
    await going.catch(() => 0);
    setTimeout(() => event.target.requestSubmit(event.submitter));
  });
  addEventListener("pageshow", () => (leaving = false));
  addEventListener("online", () => ((wait = 0), save()));
  document.addEventListener("visibilitychange", () => document.hidden && save(true));
  addEventListener("pagehide", () => save(true));
  addEventListener("beforeunload", (event) => wait && dirty && !leaving && event.preventDefault());
}

// Boxes grow with their text.
const grows = CSS.supports("field-sizing", "content");
for (const box of all("textarea")) {
  const hint = document.getElementById(box.dataset.hint ?? "");
  const together = all(`[data-hint="${box.dataset.hint}"]`); // the boxes of a stage share one measure
  const follow = () => {
    if (!grows) box.style.minBlockSize = `${box.scrollHeight + 2}px`;
    if (!hint) return;
    const left = box.dataset.words - [...together].map((one) => one.value).join(" ").split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
    hint.textContent = (left < 0 ? hint.dataset.over : hint.dataset.left).replace("{number}", Math.abs(left));
  };
  box.addEventListener("input", follow);
  follow();
}

// A file that would be refused is not sent first.
for (const box of all("[data-largest]")) {
  box.addEventListener("change", () => {
    const large = box.files[0]?.size > box.dataset.largest;
    document.getElementById(`${box.id}-too-large`).hidden = !large;
    if (large) box.value = "";
  });
}

// Buttons that need a script.
for (const button of all("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    document.getElementById(button.dataset.copy).select();
    if (document.execCommand("copy")) button.textContent = button.dataset.done; // works in a frame without permission
  });
}

(document.querySelector(":target") ?? document.querySelector("[data-focus]"))?.focus();

// A registration is done: the LMS is asked to close this page.
for (const button of all("[data-close-frame]")) {
  const close = () => (opener ?? parent).postMessage({ subject: "org.imsglobal.lti.close" }, "*");
  button.hidden = false;
  button.addEventListener("click", () => (close(), opener && window.close()));
  close();
}
