package destinations

import (
	"slices"
	"testing"

	"github.com/spacesetl/spacesetl/pipeline/store"
)

// What help and manifests say of the list holds, whatever is added to it.
func TestTheListIsAsOthersSay(t *testing.T) {
	names := Names()
	for i, d := range All() {
		if (d.Open == nil) != store.InFolder(d.Name) || (d.Open != nil) != (d.Title != "") {
			t.Errorf("%s: what stands in the store's folder is not opened, and what is has a title", d.Name)
		}
		if slices.Index(names, d.Name) != i {
			t.Errorf("%s is there twice", d.Name)
		}
	}
	if !slices.Equal(Default(), names[:2]) {
		t.Errorf("default is %v, and help says the first two of %v", Default(), names)
	}
}
