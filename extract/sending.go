package extract

import (
	"context"
	"net/http"
	"time"
)

// What Config.Sending's answered is told where there is no status to tell.
const (
	Unanswered = 0  // no answer, or none that can be read: the server may have had the request
	Unsent     = -1 // the server never had it
)

// tell tells what came of the request, once: page or no page. Of a 200 that is none
// nobody knows.
func (x *exchange) tell(page bool) {
	told := x.told
	x.told = nil
	switch {
	case told == nil:
	case x.status == http.StatusOK && !page:
		told(Unanswered, false)
	default:
		told(x.status, page)
	}
}

// graceful returns a context that outlives ctx by grace: what was asked for is
// billed, so its answer is taken in even if the run ends meanwhile.
func graceful(ctx context.Context, grace time.Duration) (context.Context, func()) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(grace, cancel)
		context.AfterFunc(longer, func() { timer.Stop() })
	})
	return longer, func() { stop(); cancel() }
}
