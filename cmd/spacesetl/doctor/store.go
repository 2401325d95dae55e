package doctor

import (
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline/health"
)

// checkStore compares manifests, files and pages, as far as that is quick.
func checkStore(e *examination) {
	runs, err := e.store.Runs()
	if err != nil {
		e.fail("store", "let this user read the store", "%v", err)
		return
	}
	if len(runs) == 0 {
		e.ok("store", "%s has no run yet", e.Spec.Store)
		return
	}
	v := &health.Verification{}
	if err := health.VerifyQuickly(e.ctx, v, e.store, runs, e.notes); e.ctx.Err() != nil {
		return // interrupted
	} else if err != nil {
		e.fail("store", "let this user read the store", "%v", err)
		return
	}
	deep := "spacesetl verify --store " + jobs.ShellWord(e.Spec.Store)
	for i, problem := range v.Problems {
		if i == maxVerdicts {
			e.fail("store", deep+" names all of it", "and %d more", len(v.Problems)-i)
			break
		}
		e.fail("store", "spacesetl replay --store "+jobs.ShellWord(e.Spec.Store)+" makes tables anew; "+deep+" proves the whole", "%s", problem)
	}
	if len(v.Problems) == 0 {
		e.ok("store", "%d of %d runs have manifests; their checksums hold, %d files are there, %d pages are counted; %d runs were noted before and are as they were, by size and time (%s reads all of it)", v.Runs, len(runs), v.Files, v.Pages, v.Noted, deep)
	}
}

// maxVerdicts is how many findings of one check are shown.
const maxVerdicts = 5

// checkLock says who is at work in the store.
func checkLock(e *examination) {
	h, err := e.store.Holder()
	switch {
	case err != nil:
		e.fail("lock", "let this user read and write the store", "%v", err)
	case h.Held && h.Sure:
		e.warn("lock", "another run on this store would end at once with exit code 75: wait for this one", "in use by %s", h)
	case h.Held:
		e.warn("lock", "this system does not say who holds a lock; if it is no spacesetl, the lock is free", "%s is alive", h)
	case !h.Sure && h.PID > 0 && !h.Here:
		e.warn("lock", "look on that machine; if the process is gone, the lock is free", "last taken by %s: this machine cannot tell whether it is still held", h)
	case h.PID > 0 && !h.Alive:
		e.ok("lock", "free; its last holder, %s, is gone", h)
	default:
		e.ok("lock", "free")
	}
}
