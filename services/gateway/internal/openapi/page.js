"use strict";
// Sends the request that a form describes, and shows the answer below it.
async function send(form) {
  let path = form.dataset.path;
  const query = new URLSearchParams();
  const headers = {};
  for (const input of form.querySelectorAll("input")) {
    const where = input.dataset.in;
    if (where === "path") path = path.replace("{" + input.name + "}", encodeURIComponent(input.value));
    else if (input.value === "") continue;
    else if (where === "query") query.set(input.name, input.value);
    else headers[input.name] = input.value;
  }
  if (query.size) path += "?" + query;
  const credential = document.getElementById("credential").value; // stays in this page
  if (credential) headers.Authorization = "Bearer " + credential;
  const options = {method: form.dataset.method, headers};
  if (form.elements.body) {
    headers["Content-Type"] = "application/json";
    options.body = form.elements.body.value;
  }
  const started = performance.now();
  // The page is at <base>/docs, so that it works behind a prefix, too.
  const answer = await fetch("." + path, options);
  const text = await answer.text();
  const took = Math.round(performance.now() - started);
  let shown = text;
  try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch { /* not JSON: shown as it is */ }
  return [answer.status + " " + answer.statusText + ", " + took + " ms", shown];
}

for (const form of document.querySelectorAll("form")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const [status, body] = [form.querySelector("output"), form.querySelector("pre")];
    status.textContent = "…";
    try {
      [status.textContent, body.textContent] = await send(form);
      body.hidden = false;
    } catch (error) {
      status.textContent = String(error);
      body.hidden = true;
    }
  });
}
