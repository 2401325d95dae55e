'use strict';
// Everything works without this script.

// Says quietly when a run has published new data, or shows it where a page moves along:
// unless somebody is in it with the keyboard, or has opened something there.
(() => {
  const news = document.getElementById('news');
  if (!document.body.dataset.version || !news) return;
  const moves = async (version) => {
    const live = document.querySelector('[data-live]');
    if (!live || live.contains(document.activeElement) || live.querySelector('details[open]')) return false;
    const answer = await fetch(location.href, {cache: 'no-store'});
    if (!answer.ok) return true; // a run is merging: the next look asks again
    const found = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('[data-live]');
    if (!found) return false;
    live.replaceChildren(...found.childNodes);
    document.body.dataset.version = version;
    return true;
  };
  const look = async () => {
    if (document.hidden || !news.hidden) return;
    try {
      const answer = await fetch('/state', {cache: 'no-store'});
      if (!answer.ok) return;
      const version = await answer.text();
      if (version !== document.body.dataset.version && !(await moves(version))) news.hidden = false;
    } catch {
      // The server has ended: the next click says so.
    }
  };
  setInterval(look, 10000);
  document.addEventListener('visibilitychange', look);
  news.querySelector('a').addEventListener('click', (event) => {
    event.preventDefault();
    location.reload();
  });
})();

// Keeps what is empty out of addresses.
for (const form of document.querySelectorAll('form[data-tidy]')) {
  const boxes = [...form.querySelectorAll('input[type=checkbox]')];
  const before = boxes.map((box) => box.checked).join();
  form.addEventListener('submit', () => {
    for (const filter of form.querySelectorAll('fieldset.filter')) {
      if (!filter.querySelector('select').value) filter.disabled = true;
    }
    for (const input of form.querySelectorAll('input[name=q]')) input.disabled = !input.value;
    const chosen = new URLSearchParams(location.search).has('col');
    if (!chosen && boxes.map((box) => box.checked).join() === before) boxes.forEach((box) => { box.disabled = true; });
  });
}
// A page that is shown again by Back has its fields back.
addEventListener('pageshow', () => {
  for (const field of document.querySelectorAll('form[data-tidy] :disabled')) field.disabled = false;
});
