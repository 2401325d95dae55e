package scratchtest

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Proportional fails a test unless four times as much work costs less than nine times
// as much, where in proportion it would be four and by the square sixteen. Prepare
// returns the work of a size, large enough for what it needs besides to be little; what
// it costs is the processor's time of its thread, so that other work on the machine
// does not count, the least of as many looks as it takes to pass.
func Proportional(tb testing.TB, what string, size int, prepare func(size int) (work func())) {
	tb.Helper()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cost := func(size int) time.Duration {
		work := prepare(size)
		runtime.GC()
		before := threadTime(tb)
		work()
		return max(threadTime(tb)-before, time.Millisecond/2) // less cannot be told apart
	}
	prepare(4 * size)() // memory is there then
	one, four := cost(size), cost(4*size)
	for range 12 {
		if four < 9*one {
			return
		}
		one, four = min(one, cost(size)), min(four, cost(4*size))
	}
	tb.Errorf("%s: %d cost %s, %d cost %s, %.1f times as much; want less than 9 times", what, size, one, 4*size, four, float64(four)/float64(one))
}

func threadTime(tb testing.TB) time.Duration {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &now); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(now.Nano())
}
