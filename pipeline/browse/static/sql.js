'use strict';
// Comforts of the SQL box: Ctrl+Enter, results without leaving the page, Stop,
// and statements in the address, so that Back and bookmarks bring them back.
(() => {
  const form = document.getElementById('sql');
  const box = document.getElementById('statement');
  const run = document.getElementById('run');
  const stop = document.getElementById('cancel');
  const clock = document.getElementById('clock');
  const result = document.getElementById('result');
  let under = null; // the AbortController of the query under way

  const fromAddress = () => {
    if (location.hash.length < 2) return;
    try {
      box.value = decodeURIComponent(location.hash.slice(1));
    } catch {
      // Not ours.
    }
  };
  const toAddress = () => {
    const hash = '#' + encodeURIComponent(box.value);
    if (hash !== location.hash && hash.length < 8000) history.pushState(null, '', '/sql' + hash);
  };

  const ask = async (fields) => {
    if (under) under.abort();
    const mine = new AbortController();
    under = mine;
    const start = performance.now();
    const tick = setInterval(() => { clock.textContent = ((performance.now() - start) / 1000).toFixed(1) + ' s'; }, 100);
    run.disabled = true;
    stop.hidden = false;
    try {
      const answer = await fetch('/sql', {method: 'POST', body: new URLSearchParams(fields), signal: mine.signal});
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      const found = page.getElementById('result') || page.querySelector('main');
      result.replaceChildren(...found.childNodes);
      clock.textContent = '';
    } catch (error) {
      clock.textContent = error.name === 'AbortError' ? 'stopped' : 'the server does not answer';
    } finally {
      clearInterval(tick);
      if (under === mine) {
        under = null;
        run.disabled = false;
        stop.hidden = true;
      }
    }
  };

  form.addEventListener('submit', (event) => {
    const button = event.submitter;
    if (button && button.getAttribute('formaction')) return; // a download
    event.preventDefault();
    toAddress();
    ask({sql: box.value});
  });
  box.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit(run);
    }
  });
  stop.addEventListener('click', () => { if (under) under.abort(); });
  addEventListener('popstate', fromAddress);
  fromAddress();
})();
