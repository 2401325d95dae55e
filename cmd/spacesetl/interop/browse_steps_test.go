package interop

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func (w *window) searchSortFilter(t *testing.T) {
	w = w.at(t)
	w.open("/")
	if len(w.texts("rect.fill title")) != 24 {
		t.Error("the overview does not say how many Spaces begin in each hour")
	}
	w.follow(`.top a[href="/table/v_spaces"]`)
	w.do(chromedp.SendKeys(`.tools input[name=q]`, "a"))
	w.follow(`.tools button.first`)
	if got, want := w.address(), "/table/v_spaces?q=a"; got != want {
		t.Errorf("after a search the address is %s, want %s", got, want)
	}
	w.follow(`th a[href*="sort=participant_count"]`)
	w.follow(`th[aria-sort=ascending] a`)
	w.do(chromedp.Click(`.filters summary`), chromedp.SetValue(`.filters fieldset:last-of-type select[name=c]`, "state"),
		chromedp.SetValue(`.filters fieldset:last-of-type input[name=v]`, "live"))
	w.follow(`.filters fieldset:last-of-type button`)
	want := column(t, w.db, `SELECT '/space/' || space_id FROM v_spaces WHERE state = 'live' AND (space_id LIKE '%a%' OR
		concat_ws(' ', title, state, lang, creator_username, creator_name, topics) ILIKE '%a%') ORDER BY participant_count DESC NULLS LAST, space_id LIMIT 50`)
	if got := value[[]string](w.tab, `[...document.querySelectorAll("tbody td:nth-child(2) a")].map(a => a.getAttribute("href"))`); !slices.Equal(got, want) {
		t.Errorf("live Spaces by people: got %q, want %q", got, want)
	}
	w.follow(`.drop`)
	if strings.Contains(w.address(), "live") {
		t.Errorf("the filter is there still: %s", w.address())
	}
}

func (w *window) pageAndBack(t *testing.T) {
	w = w.at(t)
	w.open("/table/users?n=50&col=user_id")
	first := w.texts("tbody td:nth-child(2)")
	w.follow("a[rel=next]")
	second := w.texts("tbody td:nth-child(2)")
	if len(first) != 50 || len(second) == 0 || slices.Contains(second, first[0]) {
		t.Errorf("pages of %d and %d rows, or the same rows", len(first), len(second))
	}
	w.follow("a[rel=prev]")
	if again := w.texts("tbody td:nth-child(2)"); !slices.Equal(again, first) {
		t.Error("Previous does not lead back")
	}
}

func (w *window) openSpace(t *testing.T) {
	w = w.at(t)
	space := w.one("SELECT space_id FROM space_users WHERE role = 'buyer' GROUP BY ALL ORDER BY count(*) DESC LIMIT 1")
	w.open("/table/v_spaces?c=space_id&o=eq&v=" + space)
	w.follow(`tbody a[href="/space/` + space + `"]`)
	if len(w.texts(".people li")) == 0 {
		t.Error("the page of the Space lacks people")
	}
	w.follow(".people a")
	if !strings.HasPrefix(w.address(), "/user/") || len(w.texts(".numbers dt")) != 4 {
		t.Errorf("%s is no page of a person", w.address())
	}
}

func (w *window) runSQL(t *testing.T) {
	w = w.at(t)
	w.open("/sql")
	w.follow(`a[href="/sql/01-liveliest-spaces"]`)
	w.until("document.querySelectorAll('#result tbody tr').length === 3")
	w.do(chromedp.Click("#run"))
	w.until("location.hash.startsWith('#SELECT%20title')")
	w.write("")
	w.do(chromedp.SendKeys("#statement", "SELECT 'by keys' AS a"), chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	w.until("document.querySelector('#result td')?.textContent === 'by keys'")
	w.write("SELEC 1")
	w.do(chromedp.Click("#run"))
	w.until("document.querySelector('#result .bad')?.textContent.includes('LINE 1')")
	w.do(chromedp.NavigateBack())
	w.until("document.getElementById('statement').value === \"SELECT 'by keys' AS a\"")
}

func (w *window) download(t *testing.T) {
	w = w.at(t)
	users := w.one("SELECT count(*)::VARCHAR FROM users")
	for _, c := range []struct{ path, prepare, button, format string }{
		{"/sql", "document.getElementById('statement').value = 'FROM users;'", `button[formaction$=csv]`, "csv"},
		{"/sql", "document.getElementById('statement').value = 'FROM users;'", `button[formaction$=parquet]`, "parquet"},
		{"/table/users", "1", `.bar a[href*="users.csv"]`, "csv"},
		{"/table/users", "1", `.bar a[href*="users.parquet"]`, "parquet"},
	} {
		w.open(c.path)
		w.events.mu.Lock()
		clear(w.events.loaded)
		w.events.mu.Unlock()
		value[any](w.tab, c.prepare)
		w.do(chromedp.Click(c.button))
		file := filepath.Join(w.downloads, w.downloaded())
		if n := w.one(fmt.Sprintf("SELECT count(*)::VARCHAR FROM read_%s('%s')", c.format, file)); n != users {
			t.Errorf("%s from %s: %s rows, want %s", c.format, c.path, n, users)
		}
	}
}

// downloaded waits for a download, and returns the name of its file.
func (w *window) downloaded() string {
	w.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		w.events.mu.Lock()
		for id, done := range w.events.loaded {
			if done {
				w.events.mu.Unlock()
				return id
			}
		}
		w.events.mu.Unlock()
	}
	w.Fatal("nothing was downloaded")
	return ""
}

func (w *window) stop(t *testing.T) {
	w = w.at(t)
	w.open("/sql")
	w.write("SELECT count(*) FROM range(10000000000) a, range(1000000000) b")
	w.do(chromedp.Click("#run"), chromedp.Click("#cancel", chromedp.NodeVisible))
	w.until("document.getElementById('clock').textContent === 'stopped'")
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		res, err := http.PostForm(w.url+"/sql", url.Values{"sql": {"SELECT 1"}})
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode == http.StatusOK {
			return
		}
		if res.StatusCode != http.StatusTooManyRequests || time.Now().After(end) {
			t.Fatalf("the query goes on: status %d", res.StatusCode)
		}
	}
}

func (w *window) newData(t *testing.T) {
	w = w.at(t)
	publish := func(at time.Duration) {
		if err := os.Chtimes(filepath.Join(w.dir, "spaces.duckdb"), time.Time{}, time.Now().Add(at)); err != nil {
			t.Fatal(err)
		}
	}
	for i, path := range []string{"/", "/live"} { // which move along
		w.open(path)
		value[int](w.tab, "document.querySelector('[data-live]').replaceChildren(), 1")
		publish(time.Duration(i+2) * time.Hour)
		value[int](w.tab, "document.dispatchEvent(new Event('visibilitychange')), 1")
		w.until("document.querySelector('[data-live]').textContent.includes('last') && document.getElementById('news').hidden")
	}
	w.open("/table/v_spaces")
	publish(time.Hour)
	value[int](w.tab, "document.dispatchEvent(new Event('visibilitychange')), 1")
	w.do(chromedp.WaitVisible("#news a"))
	w.follow("#news a")
	w.until("document.getElementById('news').hidden")
}

// every kind of page, for what holds for all.
func (w *window) everyPage(t *testing.T) []string {
	space := w.one("SELECT space_id FROM space_tweets GROUP BY ALL ORDER BY count(*) DESC LIMIT 1")
	user := w.one("SELECT user_id FROM space_users GROUP BY ALL ORDER BY count(*) DESC, user_id LIMIT 1")
	topic := w.one("SELECT topic_id FROM space_topics GROUP BY ALL ORDER BY count(*) DESC, topic_id LIMIT 1")
	return []string{"/", "/table/v_spaces?c=state&o=eq&v=live", "/table/tweets", "/row/spaces?k=" + space, "/space/" + space, "/user/" + user, "/sql/05-hosts-by-audience", "/live", "/tables", "/table/v_people", "/topic/" + topic, "/find?q=a"}
}

func (w *window) controlsHaveNames(t *testing.T) {
	w = w.at(t)
	for _, path := range w.everyPage(t) {
		w.open(path)
		nameless := value[[]string](w.tab, `[...document.querySelectorAll('a, button, input:not([type=hidden]), select, textarea, [role=region], svg[role=img]')]
			.filter(e => !(e.getAttribute('aria-label') || e.textContent.trim() || e.labels?.[0]?.textContent.trim())).map(e => e.outerHTML.slice(0, 120))`)
		if len(nameless) > 0 {
			t.Errorf("%s: without a name: %q", path, nameless)
		}
		if headings := w.texts("h1"); len(headings) != 1 {
			t.Errorf("%s: headings %q, want one", path, headings)
		}
	}
}

// No page is wider than a phone, and no table is cut off.
func (w *window) phone(t *testing.T) {
	w = w.at(t)
	w.do(chromedp.EmulateViewport(360, 740))
	for _, path := range w.everyPage(t) {
		w.open(path)
		if width := value[int](w.tab, "document.documentElement.scrollWidth"); width > 360 {
			t.Errorf("%s is %d wide, want 360", path, width)
		}
		if cut := value[int](w.tab, "[...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth + 1).length"); cut > 0 {
			t.Errorf("%s: %d tables are cut off", path, cut)
		}
	}
	w.do(chromedp.EmulateViewport(1280, 900))
}

func (w *window) withoutScript(t *testing.T) {
	w = w.at(t)
	scripts := func(off bool) {
		w.do(command(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: off}))
	}
	scripts(true)
	defer scripts(false)
	w.open("/table/spaces")
	w.do(chromedp.SendKeys(`.tools input[name=q]`, "live"), chromedp.Click(`.tools button.first`))
	w.until("document.querySelector('.tools input[value=live]')")
	w.open("/sql")
	w.do(chromedp.SendKeys("#statement", "SELECT 41 + 1 AS answer"), chromedp.Click("#run"))
	w.until("document.querySelector('#result td')")
	if got := w.texts("#result td"); !slices.Equal(got, []string{"42"}) {
		t.Errorf("without script the answer is %q, want 42", got)
	}
}
