package pipeline

import "runtime/debug"

// guarded is do for a goroutine of its own: a panic there is out of reach for
// whoever waits, and so is told to Crash on the spot. It is not turned into an
// error: others may wait for what the goroutine had in hand.
func (p *Pipeline) guarded(do func() error) func() error {
	return func() error {
		defer func() {
			if p.Crash == nil {
				return
			}
			if value := recover(); value != nil {
				p.Crash(value, debug.Stack())
				panic(value)
			}
		}()
		return do()
	}
}
