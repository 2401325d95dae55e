package browse

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/spacesetl/spacesetl/pipeline"
)

// window is Chromium with one tab that looks at a site.
type window struct {
	*site
	dir       string // of the store
	tab       context.Context
	downloads string

	mu     sync.Mutex
	wrong  []string          // errors on the console, requests to other hosts
	loaded map[string]string // downloads that are done: id to file name
}

// TestBrowser uses the pages as a person does.
func TestBrowser(t *testing.T) {
	w := newWindow(t)
	t.Run("search, sort and filter", w.searchSortFilter)
	t.Run("pages and Back", w.pageAndBack)
	t.Run("Space and person", w.openSpace)
	t.Run("SQL", w.runSQL)
	t.Run("downloads", w.download)
	t.Run("stop", w.stop)
	t.Run("new data", w.newData)
	t.Run("names for all controls", w.controlsHaveNames)
	t.Run("phone", w.phone)
	t.Run("without script", w.withoutScript)
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, wrong := range w.wrong {
		t.Error(wrong)
	}
}

// chromium finds the browser. Where tools are required it has to be there.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("SPACESETL_TOOLS") == "required" {
		t.Fatal("there is no Chromium: apt-get install chromium")
	}
	t.Skip("there is no Chromium to look at the pages with: apt-get install chromium")
	return ""
}

func newWindow(t *testing.T) *window {
	path := chromium(t)
	dir := copyStore(t)
	w := &window{site: newSite(t, Config{Store: pipeline.Store(dir)}), dir: dir, downloads: t.TempDir(), loaded: map[string]string{}}
	profile, err := os.MkdirTemp("", "browse-chromium-")
	if err != nil {
		t.Fatal(err)
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.UserDataDir(profile), chromedp.WindowSize(1280, 900), chromedp.WSURLReadTimeout(time.Minute))
	allocator, end := chromedp.NewExecAllocator(context.Background(), options...)
	tab, closeTab := chromedp.NewContext(allocator)
	tab, cancel := context.WithTimeout(tab, 3*time.Minute)
	t.Cleanup(func() { cancel(); closeTab(); end(); _ = os.RemoveAll(profile) })
	w.tab = tab
	on := true
	_, err = chromedp.CallBrowser(tab, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllowAndName, DownloadPath: w.downloads, EventsEnabled: &on,
	})
	if err := errors.Join(err, chromedp.Listen(tab, w.listen), chromedp.ListenBrowser(tab, w.listen)); err != nil {
		t.Fatal(err)
	}
	_, err = chromedp.Call(tab, network.Enable, network.EnableParams{})
	if _, logErr := chromedp.Call(tab, log.Enable, cdp.Empty{}); errors.Join(err, logErr) != nil {
		t.Fatal(err, logErr)
	}
	return w
}

// listen notes what should not happen, and the end of downloads.
func (w *window) listen(event any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		w.wrong = append(w.wrong, "exception: "+e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			w.wrong = append(w.wrong, fmt.Sprintf("console: %v", e.Args))
		}
	case *log.EventEntryAdded:
		// That an answer is 400 is told of, too: a wrong statement is one.
		if e.Entry.Level == log.EntryLevelError && !strings.Contains(e.Entry.Text, "status of 400") {
			w.wrong = append(w.wrong, "log: "+e.Entry.Text+" "+e.Entry.URL)
		}
	case *network.EventRequestWillBeSent:
		if u, err := url.Parse(e.Request.URL); err == nil && u.Scheme != "data" && u.Scheme != "blob" && "http://"+u.Host != w.url {
			w.wrong = append(w.wrong, "request to another host: "+e.Request.URL)
		}
	case *browser.EventDownloadWillBegin:
		w.loaded[e.GUID] = ""
	case *browser.EventDownloadProgress:
		if e.State == browser.DownloadProgressStateCompleted {
			w.loaded[e.GUID] = "done"
		}
	}
}

// do carries out actions; none may fail.
func (w *window) do(actions ...chromedp.Action[chromedp.Void]) {
	w.Helper()
	if err := chromedp.Do(w.tab, actions...); err != nil {
		w.Fatal(err)
	}
}

// evaluate returns the value of an expression on the page.
func evaluate[T any](w *window, expression string) T {
	w.Helper()
	value, err := chromedp.Run(w.tab, chromedp.Evaluate[T](expression))
	if err != nil {
		w.Fatalf("%s: %v", expression, err)
	}
	return value
}

// at runs a step of a subtest, whose failure ends that only.
func (w *window) at(t *testing.T) *window {
	return &window{site: &site{t, w.Server, w.url}, dir: w.dir, tab: w.tab, downloads: w.downloads, loaded: w.loaded}
}

// texts returns the texts of elements.
func (w *window) texts(selector string) []string {
	w.Helper()
	return evaluate[[]string](w, fmt.Sprintf("[...document.querySelectorAll(%q)].map(e => e.textContent.trim())", selector))
}

func (w *window) open(path string) {
	w.Helper()
	w.do(chromedp.Navigate(w.url+path), chromedp.WaitReady("footer"))
}

// follow clicks, and waits for another page.
func (w *window) follow(selector string) {
	w.Helper()
	evaluate[int](w, "document.body.dataset.old = 1")
	w.do(chromedp.Click(selector, chromedp.NodeVisible))
	w.fresh()
}

// fresh waits until the page is another one than that which was marked old.
func (w *window) fresh() {
	w.Helper()
	w.until("document.readyState === 'complete' && document.body && !document.body.dataset.old && !!document.querySelector('footer')")
}

// until waits for something to be true on the page, or on the one that follows.
func (w *window) until(expression string) {
	w.Helper()
	var last error
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		is, err := chromedp.Run(w.tab, chromedp.Evaluate[bool]("!!("+expression+")"))
		if is && err == nil {
			return
		}
		last = err // the page may be on its way out
	}
	w.Fatalf("waited in vain for %s: %v", expression, last)
}

// write puts a statement into the box.
func (w *window) write(statement string) {
	w.Helper()
	evaluate[string](w, fmt.Sprintf("document.getElementById('statement').value = %q", statement))
}

// address is the path and the query of the page.
func (w *window) address() string {
	w.Helper()
	address := evaluate[string](w, "location.href")
	return strings.TrimPrefix(address, w.url)
}

func (w *window) searchSortFilter(t *testing.T) {
	w = w.at(t)
	w.open("/")
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
	var want []string
	for _, row := range rows(t, w.dir, `SELECT space_id FROM v_spaces WHERE state = 'live' AND (space_id LIKE '%a%' OR
		concat_ws(' ', title, state, lang, creator_username, creator_name, topics) ILIKE '%a%') ORDER BY participant_count DESC NULLS LAST, space_id LIMIT 50`) {
		want = append(want, row[0])
	}
	if got := w.texts("tbody td:nth-child(2)"); !slices.Equal(got, want) || len(want) == 0 {
		t.Errorf("live Spaces by people: got %q, want %q", got, want)
	}
	w.follow(`.drop`)
	if strings.Contains(w.address(), "live") {
		t.Errorf("the filter is there still: %s", w.address())
	}
}

func (w *window) pageAndBack(t *testing.T) {
	w = w.at(t)
	w.open("/table/users?n=50")
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
	space := one(t, w.dir, "SELECT space_id FROM space_users WHERE role = 'buyer' GROUP BY ALL ORDER BY count(*) DESC LIMIT 1")
	w.open("/table/v_spaces?c=space_id&o=eq&v=" + space)
	w.follow(`tbody a[href="/space/` + space + `"]`)
	if len(w.texts(".people li")) == 0 || len(w.texts("svg polyline")) != 1 {
		t.Error("the page of the Space lacks people or the line")
	}
	w.follow(".people a")
	if !strings.HasPrefix(w.address(), "/user/") || len(w.texts(".numbers dt")) != 4 {
		t.Errorf("%s is no page of a person", w.address())
	}
}

func (w *window) runSQL(t *testing.T) {
	w = w.at(t)
	w.open("/sql")
	w.do(chromedp.Click(`button[name=starter][value="1"]`))
	w.until("document.querySelectorAll('#result tbody tr').length === 3")
	if got := w.address(); !strings.HasPrefix(got, "/sql#SELECT%20title") {
		t.Errorf("the address does not have the statement: %s", got)
	}
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
	host := w
	w = w.at(t)
	users := one(t, w.dir, "SELECT count(*)::VARCHAR FROM users")
	for _, c := range []struct{ path, prepare, button, format string }{
		{"/sql", "document.getElementById('statement').value = 'FROM users;'", `button[formaction$=csv]`, "csv"},
		{"/sql", "document.getElementById('statement').value = 'FROM users;'", `button[formaction$=parquet]`, "parquet"},
		{"/table/users", "1", `.bar a[href*="users.csv"]`, "csv"},
		{"/table/users", "1", `.bar a[href*="users.parquet"]`, "parquet"},
	} {
		w.open(c.path)
		host.mu.Lock()
		clear(host.loaded)
		host.mu.Unlock()
		evaluate[any](w, c.prepare)
		w.do(chromedp.Click(c.button))
		data, err := os.ReadFile(filepath.Join(w.downloads, host.downloaded(t)))
		if err != nil {
			t.Fatal(err)
		}
		if n, _ := readBack(t, c.format, string(data)); fmt.Sprint(n) != users {
			t.Errorf("%s from %s: %d rows, want %s", c.format, c.path, n, users)
		}
	}
}

// downloaded waits for a download, and returns the name of its file.
func (w *window) downloaded(t *testing.T) string {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		w.mu.Lock()
		for id, state := range w.loaded {
			if state == "done" {
				w.mu.Unlock()
				return id
			}
		}
		w.mu.Unlock()
	}
	t.Fatal("nothing was downloaded")
	return ""
}

func (w *window) stop(t *testing.T) {
	w = w.at(t)
	w.open("/sql")
	w.write(runaways[0])
	w.do(chromedp.Click("#run"), chromedp.Click("#cancel", chromedp.NodeVisible))
	w.until("document.getElementById('clock').textContent === 'stopped'")
	for end := time.Now().Add(20 * time.Second); len(w.queries) > 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the query goes on")
		}
	}
}

func (w *window) newData(t *testing.T) {
	w = w.at(t)
	w.open("/")
	if err := os.Chtimes(filepath.Join(w.dir, "spaces.duckdb"), time.Time{}, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	evaluate[int](w, "document.dispatchEvent(new Event('visibilitychange')), 1")
	w.do(chromedp.WaitVisible("#news a"))
	w.follow("#news a")
	w.until("document.getElementById('news').hidden")
}

// every kind of page, for what holds for all.
func (w *window) everyPage(t *testing.T) []string {
	space := one(t, w.dir, "SELECT space_id FROM space_tweets GROUP BY ALL ORDER BY count(*) DESC LIMIT 1")
	user := one(t, w.dir, "SELECT user_id FROM space_users GROUP BY ALL ORDER BY count(*) DESC, user_id LIMIT 1")
	return []string{"/", "/table/v_spaces?c=state&o=eq&v=live", "/table/tweets", "/row/spaces?k=" + space, "/space/" + space, "/user/" + user, "/sql?starter=1", "/find?q=a", "/nope"}
}

func (w *window) controlsHaveNames(t *testing.T) {
	w = w.at(t)
	for _, path := range w.everyPage(t)[:8] {
		w.open(path)
		nameless := evaluate[[]string](w, `[...document.querySelectorAll('a, button, input:not([type=hidden]), select, textarea, [role=region], svg[role=img]')]
			.filter(e => !(e.getAttribute('aria-label') || e.textContent.trim() || e.labels?.[0]?.textContent.trim())).map(e => e.outerHTML.slice(0, 120))`)
		if len(nameless) > 0 {
			t.Errorf("%s: without a name: %q", path, nameless)
		}
		if headings := w.texts("h1"); len(headings) != 1 {
			t.Errorf("%s: headings %q, want one", path, headings)
		}
	}
}

// No page is wider than a phone; tables scroll in themselves.
func (w *window) phone(t *testing.T) {
	w = w.at(t)
	w.do(chromedp.EmulateViewport(360, 740))
	for _, path := range w.everyPage(t)[:8] {
		w.open(path)
		if width := evaluate[int](w, "document.documentElement.scrollWidth"); width > 360 {
			t.Errorf("%s is %d wide, want 360", path, width)
		}
	}
	w.do(chromedp.EmulateViewport(1280, 900))
}

func (w *window) withoutScript(t *testing.T) {
	w = w.at(t)
	scripts := func(off bool) {
		if _, err := chromedp.Call(w.tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: off}); err != nil {
			t.Fatal(err)
		}
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
