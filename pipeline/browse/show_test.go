package browse

import "testing"

func TestInitialsStandForPeople(t *testing.T) {
	for name, want := range map[string]string{
		"Ana Silva": "AS", "ana": "A", "Dr. Eva van Dam": "DE", "🚀 Bo": "B", "🚀": "?", "": "U", "李 小龙": "李小", "<b> x": "BX", "  ": "U",
	} {
		if got := initials(record{"name": {Text: name}, "username": {Text: "user"}}); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

func TestDurationsAreTold(t *testing.T) {
	for minutes, want := range map[string]string{"0": "0 min", "59.4": "59 min", "60": "1 h 00 min", "234": "3 h 54 min", "-5": "-5 min", "": "–"} {
		if got := showDuration(cell{Text: minutes}); got != want {
			t.Errorf("%s minutes: got %q, want %q", minutes, got, want)
		}
	}
}
