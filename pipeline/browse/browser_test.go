package browse

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

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
