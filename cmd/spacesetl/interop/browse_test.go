package interop

import (
	"context"
	"database/sql"
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/pipeline/browse"
)

// window is a tab that looks at a store's pages.
type window struct {
	*tab
	*site
	events *events
}

// site is a store that browse serves.
type site struct {
	url       string
	dir       string  // of the store
	db        *sql.DB // a copy of the store's
	downloads string
}

// events are what went on in a window.
type events struct {
	mu     sync.Mutex
	wrong  []string        // errors on the console, requests to other hosts
	loaded map[string]bool // ids of downloads: whether they are done
}

// TestBrowseInChromium uses the pages as a person does.
func TestBrowseInChromium(t *testing.T) {
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
	w.events.mu.Lock()
	defer w.events.mu.Unlock()
	for _, wrong := range w.events.wrong {
		t.Error(wrong)
	}
}

func newWindow(t *testing.T) *window {
	t.Helper()
	chromium(t)
	st := newStory(t, simulator.Config{Spaces: 200, NoRateLimits: true, Quirks: true, CreatorSpacing: -1})
	st.run(st.everything())
	// One statement at a time: the next tells whether the one before has ended.
	server, err := browse.New(t.Context(), browse.Config{Store: st.store, SQLQueries: 1})
	st.must(err)
	served := httptest.NewServer(server)
	t.Cleanup(func() {
		served.Close()
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	w := &window{site: &site{served.URL, string(st.store), st.database(), t.TempDir()}, events: &events{loaded: map[string]bool{}}}
	w.tab = newTab(t, w.listen)
	on := true
	_, err = chromedp.CallBrowser(w.ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllowAndName, DownloadPath: w.downloads, EventsEnabled: &on,
	})
	st.must(err)
	return w
}

// listen notes what should not happen, and the end of downloads.
func (w *window) listen(event any) {
	seen := w.events
	seen.mu.Lock()
	defer seen.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		seen.wrong = append(seen.wrong, "exception: "+e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			seen.wrong = append(seen.wrong, fmt.Sprintf("console: %v", e.Args))
		}
	case *log.EventEntryAdded:
		// That an answer is 400 is told of, too: a wrong statement is one.
		if e.Entry.Level == log.EntryLevelError && !strings.Contains(e.Entry.Text, "status of 400") {
			seen.wrong = append(seen.wrong, "log: "+e.Entry.Text+" "+e.Entry.URL)
		}
	case *network.EventRequestWillBeSent:
		if u, err := url.Parse(e.Request.URL); err == nil && u.Scheme != "data" && u.Scheme != "blob" && "http://"+u.Host != w.url {
			seen.wrong = append(seen.wrong, "request to another host: "+e.Request.URL)
		}
	case *browser.EventDownloadWillBegin:
		seen.loaded[e.GUID] = false
	case *browser.EventDownloadProgress:
		if e.State == browser.DownloadProgressStateCompleted {
			seen.loaded[e.GUID] = true
		}
	}
}

// at is the window in a subtest, whose failure ends that only.
func (w *window) at(t *testing.T) *window { return &window{&tab{t, w.ctx}, w.site, w.events} }

// one asks the database for a single value.
func (w *window) one(query string) string {
	w.Helper()
	return column(w.T, w.db, query)[0]
}

// texts returns the texts of elements.
func (w *window) texts(selector string) []string {
	w.Helper()
	return value[[]string](w.tab, fmt.Sprintf("[...document.querySelectorAll(%q)].map(e => e.textContent.trim())", selector))
}

func (w *window) open(path string) {
	w.Helper()
	w.do(chromedp.Navigate(w.url+path), chromedp.WaitReady("footer"))
}

// follow clicks, and waits for another page.
func (w *window) follow(selector string) {
	w.Helper()
	value[int](w.tab, "document.body.dataset.old = 1")
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
	ctx, stop := context.WithTimeout(w.ctx, 20*time.Second)
	defer stop()
	var last error
	for ; ctx.Err() == nil; time.Sleep(5 * time.Millisecond) {
		is, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+expression+")"))
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
	value[string](w.tab, fmt.Sprintf("document.getElementById('statement').value = %q", statement))
}

// address is the path and the query of the page.
func (w *window) address() string {
	w.Helper()
	address := value[string](w.tab, "location.href")
	return strings.TrimPrefix(address, w.url)
}
