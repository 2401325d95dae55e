package report

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browser is a real one, and what it complained of.
type browser struct {
	*testing.T
	ctx context.Context

	mu         sync.Mutex
	complaints []string
	requests   []string
}

// newBrowser starts Chromium, or skips the test where there is none and none
// is required.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("SPACESETL_TOOLS") == "required" {
			t.Fatal("SPACESETL_TOOLS=required, and there is no chromium: apt-get install chromium")
		}
		t.Skip("no chromium to open the page with: apt-get install chromium")
	}
	allocator, stop := chromedp.NewExecAllocator(t.Context(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true), chromedp.UserDataDir(t.TempDir()), chromedp.WSURLReadTimeout(time.Minute))...)
	t.Cleanup(stop)
	ctx, stop := chromedp.NewContext(allocator)
	t.Cleanup(stop)
	b := &browser{T: t, ctx: ctx}
	b.do(command(log.Enable, cdp.Empty{}), command(network.Enable, network.EnableParams{}))
	if err := chromedp.Listen(ctx, b.listen); err != nil {
		t.Fatal(err)
	}
	return b
}

// command is a command of the protocol as an action.
func command[P, R any](c cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, c, params)
		return err
	})
}

// listen notes what a page must not do.
func (b *browser) listen(event any) {
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

// patience is how long an action may take.
const patience = time.Minute

func (b *browser) do(actions ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	run(b, chromedp.Steps(actions...))
}

func run[T any](b *browser, action chromedp.Action[T]) T {
	b.Helper()
	ctx := b.ctx
	if chromedp.FromContext(ctx).Target != nil { // a limit at the first action is one for the whole browser
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, patience)
		defer stop()
	}
	v, err := chromedp.Run(ctx, action)
	if err != nil {
		b.Fatal(err)
	}
	return v
}

// value is what an expression comes to in the page.
func value[T any](b *browser, expression string) T {
	b.Helper()
	return run(b, chromedp.Evaluate[T](expression))
}

// quiet fails if the page complained, or asked for anything but its own file
// and the icon that it holds.
func (b *browser) quiet(url string) {
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
