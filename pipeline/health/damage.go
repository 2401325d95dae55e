package health

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/store"
)

// StateRun is a run whose pages are in the state. In the file it is its id alone
// where nothing can be added to it any more, as all are in older files.
type StateRun struct {
	RunID string
	Ended bool // no page can come any more
	// Mark is that of the pages as they were read: of the newest run, of one that
	// never ended, and of one with damaged pages.
	Mark *landing.Mark
}

// openRun is a StateRun with its mark, in the file.
type openRun struct {
	RunID string `json:"run_id"`
	Ended bool   `json:"ended"`
	*landing.Mark
}

// MarshalJSON writes the id, or an object with the mark.
func (r StateRun) MarshalJSON() ([]byte, error) {
	if r.Mark == nil {
		return []byte(`"` + r.RunID + `"`), store.CheckRunID(r.RunID)
	}
	return json.Marshal(openRun{r.RunID, r.Ended, r.Mark})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (r *StateRun) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '"' {
		*r = StateRun{RunID: strings.Trim(string(text), `"`), Ended: true}
		return store.CheckRunID(r.RunID)
	}
	var open openRun
	err := json.Unmarshal(text, &open)
	*r = StateRun{open.RunID, open.Ended, open.Mark}
	return err
}

// Damage is pages of a run that cannot be read.
type Damage struct {
	RunID string `json:"run_id"`
	File  string `json:"file"`           // below the store
	Page  string `json:"page,omitempty"` // id, where it is known
	Pages int    `json:"pages"`          // how many it is, at least
	What  string `json:"what"`
}

func (d Damage) String() string {
	if d.Page != "" {
		return fmt.Sprintf("%s, page %s: %s", d.File, d.Page, d.What)
	}
	return d.File + ": " + d.What
}

// took notes that a run is in the state, with its pages that could not be read.
func (st *State) took(d store.Dir, id string, ended bool, damaged []*landing.DamageError) {
	if n := len(st.Runs) - 1; n >= 0 && st.Runs[n].Ended && !st.damaged(st.Runs[n].RunID) {
		st.Runs[n].Mark = nil // it is the newest no more
	}
	for _, damage := range damaged {
		file, err := filepath.Rel(string(d), damage.File)
		if err != nil {
			file = damage.File
		}
		st.Damaged = append(st.Damaged, Damage{id, filepath.ToSlash(file), damage.Page, damage.Count(), damage.What})
	}
	mark := landing.MarkOf(d, id, len(damaged) > 0)
	st.Runs = append(st.Runs, StateRun{id, ended, &mark})
}

// damaged reports whether pages of a run cannot be read.
func (st *State) damaged(runID string) bool {
	for _, damage := range st.Damaged {
		if damage.RunID == runID {
			return true
		}
	}
	return false
}

// stands reports whether the state is that of the store's first runs as they are:
// none went on, and nothing damaged was restored.
func (st *State) stands(d store.Dir, runs []string) bool {
	if len(st.Runs) > len(runs) {
		return false
	}
	for i, run := range st.Runs {
		if run.RunID != runs[i] || run.Mark != nil && *run.Mark != landing.MarkOf(d, run.RunID, st.damaged(run.RunID)) {
			return false
		}
	}
	return true
}

// KnownDamage is what state.json says is damaged, without a look at the pages.
func KnownDamage(d store.Dir) []Damage {
	runs, err := d.Runs()
	if err != nil {
		return nil // whoever needs the runs says so
	}
	return savedState(d, runs).Damaged
}

// NewDamageError is damage of the store's pages that was not known before.
type NewDamageError struct {
	Store string
	Found []Damage
}

func (e *NewDamageError) Error() string {
	return fmt.Sprintf("in store %s there are damaged files or pages that were not known yet, %d in all, the first %s: restore them from a backup, or go on without; spacesetl status shows all", e.Store, len(e.Found), e.Found[0])
}

// NewDamage says what state.json tells of that is not known.
func NewDamage(d store.Dir, known []Damage) error {
	found := slices.DeleteFunc(KnownDamage(d), func(one Damage) bool { return slices.Contains(known, one) })
	if len(found) == 0 {
		return nil
	}
	return &NewDamageError{string(d), found}
}
