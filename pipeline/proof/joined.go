package proof

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/pipeline/compact"
	"github.com/spacesetl/spacesetl/pipeline/health"
)

// joined looks at the joined files with rows of the runs that are asked for.
func (p *proving) joined(ctx context.Context, files []compact.File) error {
	files = slices.DeleteFunc(slices.Clone(files), func(f compact.File) bool {
		return !slices.ContainsFunc(p.Runs, func(id string) bool { return f.Of(id) && p.chosen(id) })
	})
	looked := make([]look, len(files))
	err := each(ctx, len(files), func(ctx context.Context, i int) error {
		looked[i] = p.file(ctx, files[i])
		return ctx.Err()
	})
	for i := range looked {
		p.v.Add(&looked[i].v)
		p.memory.add(looked[i].proved...)
	}
	return err
}

// file looks at a joined file, unless it was proved before.
func (p *proving) file(ctx context.Context, f compact.File) look {
	what, of := "file "+f.Path, p.ofFile(f)
	if one, ok := p.memory.of[what]; ok && !p.All && !p.Files && one.holds(of, 1) {
		return look{v: health.Verification{BeforeFiles: 1}}
	}
	var l look
	var err error
	if p.Files {
		err = f.Check()
	} else {
		err = f.Verify(ctx, "")
	}
	if err != nil {
		if ctx.Err() == nil {
			l.v.Wrong("%v", err)
		}
		return l
	}
	l.v.Files++
	if !p.Files && of == p.ofFile(f) {
		l.proved = []proved{{What: what, Of: of}}
	}
	return l
}

// ofFile is what the proof of a joined file depends on.
func (p *proving) ofFile(f compact.File) string {
	var text strings.Builder
	fmt.Fprintln(&text, f.Path, f.SHA256, f.First, f.Last, f.Except, seen(filepath.Join(p.Store.Parquet(), filepath.FromSlash(f.Path))))
	for _, part := range f.Listed {
		fmt.Fprintln(&text, part.Path, part.Rows, part.SHA256)
	}
	return sumOf(versions, text.String())
}
