package simulator

import (
	"strconv"
	"strings"
	"time"
)

// timeLayout is how the service writes times.
const timeLayout = "2006-01-02T15:04:05.000Z"

// quirk renders values in the shapes that were seen in the wild. It never
// changes what a value means. It draws from the seed and the request, so that
// a repeated request gets the same bytes.
type quirk struct {
	on bool
	d  dice
}

// disturb shuffles the keys and sometimes adds one that nobody knows.
func (q *quirk) disturb(o object) object {
	out := append(object(nil), o...)
	if q.d.chance(3) && len(o) > 2 {
		out.add("new_field_2027", literal(`{"a":1}`))
	}
	for i := len(out) - 1; i > 0; i-- {
		j := q.d.intn(i + 1)
		out[i], out[j] = out[j], out[i]
	}
	return out
}

func (q *quirk) time(t time.Time) any {
	t = t.UTC()
	plain := t.Format(timeLayout)
	if !q.on {
		return plain
	}
	whole := t.Nanosecond() == 0
	switch n := q.d.intn(9); {
	case n == 0 && whole:
		return t.Format("2006-01-02T15:04:05Z")
	case n == 1 && whole:
		return t.Format("2006-1-2T15:04:05Z")
	case n == 2 && whole:
		return t.Format("Mon Jan 02 15:04:05 -0700 2006")
	case n == 3:
		return t.Format("2006-01-02 15:04:05.000")
	case n == 4:
		return t.In(time.FixedZone("", -8*3600)).Format("2006-01-02T15:04:05.000-07:00")
	}
	return plain
}

func (q *quirk) int(n int64) any {
	if !q.on {
		return n
	}
	switch q.d.intn(6) {
	case 0:
		return strconv.FormatInt(n, 10)
	case 1:
		return literal(strconv.FormatInt(n, 10) + ".0")
	}
	return n
}

func (q *quirk) bool(b bool) any {
	if !q.on {
		return b
	}
	text := strconv.FormatBool(b)
	switch q.d.intn(6) {
	case 0, 1:
		return text
	case 2:
		return strings.ToUpper(text)
	case 3:
		if b {
			return 1
		}
		return 0
	}
	return b
}

// id renders a numeric id as a number now and then.
func (q *quirk) id(id string) any {
	if q.on && q.d.intn(8) == 0 && numeric(id) {
		return literal(id)
	}
	return id
}

func (q *quirk) ids(list []string) any {
	if !q.on {
		return list
	}
	if len(list) == 1 && q.d.chance(15) {
		return q.id(list[0])
	}
	out := make([]any, len(list))
	for i, id := range list {
		out[i] = q.id(id)
	}
	return out
}

func (q *quirk) float(v float64) any {
	if q.on && q.d.chance(15) {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return v
}

// sometimes is false unless quirks are on.
func (q *quirk) sometimes(percent int) bool { return q.on && q.d.chance(percent) }

func numeric(id string) bool {
	if id == "" || id[0] == '0' {
		return false
	}
	for i := range len(id) {
		if id[i] < '0' || id[i] > '9' {
			return false
		}
	}
	return true
}
