package health

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
)

// atOnce is how many runs are read for a note at the end of a run: the first runs of a
// program that notes them are not kept waiting by the ten thousand before it.
const atOnce = 200

// mostStale is of how many runs one may have a line that counts no more, before the file is
// written anew: on the first run of a day, when that costs a few milliseconds a thousand runs.
const mostStale = 5

// keepNotes notes the newest run, and those that are not noted as they are: on the
// first run of a day, and where the last line is not of the run before.
func keepNotes(ctx context.Context, l *store.Locked, runs []string) error {
	newest := len(runs) - 1
	last, size := lastNote(l.Dir)
	if newest == 0 || last == nil || !last.All || last.RunID != runs[newest-1] || runDay(runs[newest]) != runDay(runs[newest-1]) {
		return keepAll(ctx, l, runs)
	}
	n, ok := newNote(l.Dir, runs[newest])
	if !ok {
		return nil
	}
	n.All = true
	return store.AppendAt(l.File(notesFile), size, n.line())
}

// mostLine is as long as the last line may be to be read alone, in bytes.
const mostLine = 64 << 10

// lastNote reads the last line, and the size of the file; it returns nil where that is
// no note.
func lastNote(d store.Dir) (*note, int64) {
	file, info, err := durable.OpenInfo(d.File(notesFile))
	if err != nil {
		return nil, 0
	}
	defer file.Close()
	text := make([]byte, min(info.Size(), mostLine))
	if _, err := file.ReadAt(text, info.Size()-int64(len(text))); err != nil {
		return nil, 0
	}
	lines, whole := strings.CutSuffix(string(text), "\n")
	if !whole {
		return nil, 0
	}
	return parseNote(lines[strings.LastIndex(lines, "\n")+1:]), info.Size()
}

// runDay is the day that a run's id begins with.
func runDay(id string) string { return id[:min(len(id), len("20060102"))] }

func keepAll(ctx context.Context, l *store.Locked, runs []string) error {
	kept := ReadNotes(l.Dir)
	var fresh []*note
	tried := 0
	for _, id := range slices.Backward(runs) {
		if kept.noted(l.Dir, id) != nil {
			continue
		}
		if tried++; tried > atOnce || ctx.Err() != nil {
			break
		}
		if n, ok := newNote(l.Dir, id); ok {
			kept.of[id] = &n
			fresh = append(fresh, &n)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	fresh[0].All = tried <= atOnce
	if kept.lines+len(fresh) > len(kept.of)+len(kept.of)/mostStale+atOnce {
		return rewriteNotes(l, kept, runs)
	}
	var text []byte
	for _, n := range slices.Backward(fresh) {
		text = append(text, n.line()...)
	}
	return store.AppendAt(l.File(notesFile), kept.bytes, text)
}

// rewriteNotes leaves out lines that count no more.
func rewriteNotes(l *store.Locked, kept *Notes, runs []string) error {
	var text []byte
	for _, id := range runs {
		if n := kept.of[id]; n != nil {
			text = append(text, n.line()...)
		}
	}
	return durable.WriteFile(l.File(notesFile), text, durable.Options{Name: "notes"})
}

// newNote reads a run; ok is false where something is wrong with it, or odd, so that
// it is to be read by whoever looks.
func newNote(d store.Dir, id string) (n note, ok bool) {
	if !tidy(d, id) {
		return n, false
	}
	var names []string
	bundles := store.NewBundles(d)
	pages, err := bundles.Pages(id)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return n, false
	}
	if err == nil {
		for _, file := range pages.Files {
			if !isPageFile(file.Name) {
				return n, false
			}
			names = append(names, file.Name)
		}
	}
	before, err := seenOf(bundles, d, id, names)
	if err != nil {
		return n, false
	}
	v, m := view(d, id)
	switch {
	case v.err != nil && !missingManifest(v.err), v.short != "", v.planErr != nil && !errors.Is(v.planErr, fs.ErrNotExist):
		return n, false
	case v.err != nil:
		n.Open = true
	default:
		if n, ok = newEnded(d, v, m); !ok {
			return n, false
		}
	}
	r := v.run
	n.notedRun = notedRun{v.id, r.Job, r.PlanHash, r.StartedAt, r.EndedAt, r.Outcome, r.Pages}
	n.Landed, n.names = v.bytes, names
	n.seen, err = seenOf(store.NewBundles(d), d, id, names)
	return n, err == nil && n.seen == before && n.good()
}

// newEnded is the note of a run with a manifest, of which doctor has nothing to say.
func newEnded(d store.Dir, v *runView, m store.Manifest) (n note, ok bool) {
	var checked Verification
	if verifyRun(&checked, d, m); len(checked.Problems) > 0 {
		return n, false
	}
	n = note{
		Content: v.content, Rows: v.rows, Spaces: v.spaces, Cut: v.cut, Closed: v.closed,
		Truncated: v.truncated, Drift: v.drift, Errors: v.errors, Pages: checked.Pages, To: v.to,
	}
	if len(v.missing) > 0 {
		n.Missing = v.missing
	}
	n.Stored = bytesOf(m.Files)
	n.files, ok = listParts(v.id, m.Files)
	return n, ok
}

// tidy reports whether a run's folder has nothing that a process left which died.
func tidy(d store.Dir, id string) bool {
	return !d.Dying(id) && len(d.LeftIn(id)) == 0
}
