package interop

import (
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
)

// quietTab is a tab with what its page complained of and asked for.
type quietTab struct {
	*tab
	mu         sync.Mutex
	complaints []string
	requests   []string
}

func newQuietTab(t *testing.T) *quietTab {
	t.Helper()
	b := &quietTab{}
	b.tab = newTab(t, b.listen)
	return b
}

// listen notes what a page must not do.
func (b *quietTab) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		var words []string
		for _, a := range e.Args {
			words = append(words, string(a.Value)+a.Description)
		}
		b.complaints = append(b.complaints, "console."+e.Type.String()+": "+strings.Join(words, " "))
	case *runtime.EventExceptionThrown:
		b.complaints = append(b.complaints, "exception: "+e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		b.complaints = append(b.complaints, "log: "+e.Entry.Text)
	case *page.EventJavascriptDialogOpening:
		b.complaints = append(b.complaints, "dialog: "+e.Message) // and stands open: the next command fails
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, e.Request.URL)
	}
}

// quiet fails if the page complained, or asked for anything but its own file
// and the icon that it holds.
func (b *quietTab) quiet(url string) {
	b.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.complaints {
		b.Errorf("the page complained: %s", c)
	}
	for _, r := range b.requests {
		if before, _, _ := strings.Cut(r, "#"); before != url && !strings.HasPrefix(r, "data:image/svg+xml,") {
			b.Errorf("the page asked for %s", r)
		}
	}
	if len(b.requests) == 0 {
		b.Error("no request was seen, not even that for the page")
	}
	b.complaints, b.requests = nil, nil
}
