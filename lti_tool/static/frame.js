// What a page does inside the LMS's frame, and at its door into a window of its own. All of it works without this file.

// A button out of the frame opens the window at once, or browsers would refuse it; then a one-time link leads it.
// Where none opens, as in an LMS's app, the form goes on in place. It comes before whatever else waits for a form.
addEventListener("submit", async (event) => {
  const { submitter, target: form } = event;
  const tab = submitter?.matches("[data-outside]") && open("");
  if (!tab) return;
  event.preventDefault();
  const { visit, back } = form.elements;
  const body = new URLSearchParams({ visit: visit.value, path: submitter.value, back: back.value });
  const answer = await fetch(submitter.formAction, { method: "POST", body }).catch(() => 0);
  if (answer.redirected) return (tab.location = answer.url);
  tab.close();
  if (!answer) return; // no line: this page is worth more than the next one
  form.action = submitter.formAction;
  form.submit(); // the refusal is a page to be read
}, true);

// In that window the link is used at once; in the frame the platform is told how high the page is (Sakai reads strings).
if (parent === self) document.querySelector("form[data-at-once]")?.submit();
else {
  const root = document.documentElement;
  const tell = () => parent.postMessage(JSON.stringify({ subject: "lti.frameResize", height: root.offsetHeight }), "*");
  new ResizeObserver(tell).observe(root);
}

// The answer to the LMS goes on by itself, once: not when somebody comes back to the page.
const onward = document.querySelector("form[data-onward]");
if (onward && performance.getEntriesByType("navigation")[0]?.type === "navigate") onward.requestSubmit();
