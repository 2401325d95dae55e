package outside

import "testing"

// Whatever a text holds, written as a literal it means just that.
func FuzzALiteralMeansItself(f *testing.F) {
	for _, value := range []string{"", "a: b", "${A}", "$${", "$$${A:-b}", "x${file:y} $${", "${", "$", "}", "\x00"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		meant, found, _, errs := expand(Literal(value), nil)
		if meant != value || len(found)+len(errs) > 0 {
			t.Errorf("Literal(%q) means %q, %v, %v", value, meant, found, errs)
		}
	})
}
