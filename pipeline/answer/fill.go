package answer

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// Fill writes values in the place of a statement's parameters, $name each, as texts
// that DuckDB takes for whatever they stand beside: a number, a time. It names
// parameters without a value, and values without a parameter.
func Fill(text string, values map[string]string) (string, error) {
	var b strings.Builder
	var missing, has []string
	left := maps.Clone(values)
	for i := 0; i < len(text); {
		end := tokenEnd(text, i)
		token := text[i:end]
		name, ok := strings.CutPrefix(token, "$")
		if ok = ok && name != "" && !strings.Contains(name, "$"); ok { // else text between two tags
			has = append(has, name)
		}
		if value, given := values[name]; ok && given {
			token = schemas.QuoteText(value)
			delete(left, name)
		} else if ok {
			missing = append(missing, name)
		}
		b.WriteString(token)
		i = end
	}
	if len(left) > 0 {
		it := "it has none"
		if slices.Sort(has); len(has) > 0 {
			it = "it has $" + strings.Join(slices.Compact(has), ", $")
		}
		return "", fmt.Errorf("the query has no parameter $%s: %s", strings.Join(slices.Sorted(maps.Keys(left)), ", $"), it)
	}
	if len(missing) > 0 {
		return "", fmt.Errorf("the query has a parameter $%s: give it a value, --param %[1]s=…", missing[0])
	}
	return b.String(), nil
}
