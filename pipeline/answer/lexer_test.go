package answer

import "testing"

func TestWithoutEnd(t *testing.T) {
	for text, want := range map[string]string{
		"SELECT 1": "SELECT 1", "SELECT 1;": "SELECT 1", "SELECT ';';": "SELECT ';'", "SELECT 'a'';';": "SELECT 'a'';'",
		`SELECT ";";`: `SELECT ";"`, "SELECT 1 -- ;\n;": "SELECT 1 -- ;\n", "SELECT /* ; */ 1;": "SELECT /* ; */ 1", "SELECT /* /* ; */ ; */ 1;": "SELECT /* /* ; */ ; */ 1",
		"SELECT $$;$$;": "SELECT $$;$$", "SELECT $a$;$$;$a$;": "SELECT $a$;$$;$a$", `SELECT e'\';';`: `SELECT e'\';'`, "'": "'", "/*": "/*", "$": "$", "$a": "$a", "--": "--", "": "", "$ $;": "$ $",
	} {
		if got := withoutEnd(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestEncloses(t *testing.T) {
	for text, want := range map[string]bool{
		"true": true, "(a) OR (b)": true, "a = ')'": true, "a /* ) */": true, "a = $$)$$": true, "": true, "(": true, // DuckDB says so
		")": false, "false) UNION SELECT 1 WHERE (true": false, "(a)) OR ((b)": false,
	} {
		if got := Encloses(text); got != want {
			t.Errorf("%q: got %v", text, got)
		}
	}
}
