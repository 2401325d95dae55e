// Package interop tests what programs of others make of what ours writes: the
// pages of report and browse in Chromium, the metrics in a Pushgateway. It is a
// module of its own: who imports ours needs nothing of theirs.
package interop

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// tab is the one of a Chromium that a test looks at pages with.
type tab struct {
	*testing.T
	ctx context.Context
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
		t.Fatal("SPACESETL_TOOLS=required, and there is no Chromium: apt-get install chromium")
	}
	t.Skip("there is no Chromium to look at the pages with: apt-get install chromium")
	return ""
}

// newTab starts Chromium, or skips the test where there is none and none is
// required. Events of the tab and of the browser go to listen.
func newTab(t *testing.T, listen func(event any)) *tab {
	t.Helper()
	path := chromium(t)
	profile, err := os.MkdirTemp("", "interop-chromium-")
	if err != nil {
		t.Fatal(err)
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.UserDataDir(profile), chromedp.WindowSize(1280, 900), chromedp.WSURLReadTimeout(time.Minute))
	allocator, end := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, closeTab := chromedp.NewContext(allocator)
	t.Cleanup(func() { closeTab(); end(); _ = os.RemoveAll(profile) })
	b := &tab{t, ctx}
	b.do(command(log.Enable, cdp.Empty{}), command(network.Enable, network.EnableParams{}))
	if err := chromedp.Listen(ctx, listen); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.ListenBrowser(ctx, listen); err != nil {
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

// patience is how long an action may take.
const patience = time.Minute

// do carries out actions; none may fail.
func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	run(b, chromedp.Steps(actions...))
}

func run[T any](b *tab, action chromedp.Action[T]) T {
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
func value[T any](b *tab, expression string) T {
	b.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.Fatalf("%s: %v", expression, err)
	}
	return v
}
