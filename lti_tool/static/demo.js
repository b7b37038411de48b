// The practice LMS: forms that post themselves, a gradebook that fills while one watches, the tool's wish to be closed
// after a registration, and what pages of LMSs keep and do for tools. Loaded in the head, because a quick tool speaks before the page is parsed to its end.
addEventListener("message", (event) => {
  const frame = document.querySelector("iframe[data-close]");
  if (frame && event.source === frame.contentWindow && event.data?.subject === "org.imsglobal.lti.close") {
    location.assign(frame.dataset.close);
  }
});
// What tools may ask of this page. Values are kept apart for each origin: no tool reads what another one put here.
addEventListener("message", ({ source, origin, data }) => {
  const frame = document.querySelector("iframe[data-storage], iframe[data-resizes]");
  const { storage, resizes } = frame?.dataset ?? {};
  if (typeof data === "string" && data.startsWith("{")) data = JSON.parse(data);
  const { subject, key, value, message_id } = data ?? {};
  const answer = (more) => source.postMessage({ subject: `${subject}.response`, message_id, ...more }, origin);
  const keeps = storage === "_parent" || document.querySelector("meta[name=keeps]");
  const drawer = `${origin} ${key}`;
  if (subject === "lti.capabilities" && storage) {
    const beside = storage === "_parent" ? {} : { frame: storage };
    const kept = ["lti.put_data", "lti.get_data"].map((name) => ({ subject: name, ...beside }));
    answer({ supported_messages: [{ subject: "lti.capabilities" }, ...kept] });
  } else if (subject === "lti.put_data" && keeps) {
    sessionStorage.setItem(drawer, value);
    answer({ key, value });
  } else if (subject === "lti.get_data" && keeps) {
    answer({ key, value: sessionStorage.getItem(drawer) });
  } else if (subject === "lti.frameResize" && resizes !== undefined && source === frame.contentWindow) {
    frame.style.blockSize = `${data.height}px`;
  }
});
addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("form[data-autosubmit]").forEach((form) => form.submit());
  const live = document.querySelector("[data-live]");
  if (!live) return;
  setInterval(async () => {
    if (document.hidden) return;
    const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
    const fresh = page.getElementById(live.id);
    if (fresh && fresh.innerHTML !== live.innerHTML) live.innerHTML = fresh.innerHTML;
  }, 2000);
});
