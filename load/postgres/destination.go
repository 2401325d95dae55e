package postgres

import (
	"cmp"
	"context"
	"fmt"

	"github.com/spacesetl/spacesetl/load"
)

// address is the variable that says where PostgreSQL is; without it libpq's do.
const address = "SPACESETL_POSTGRES_URL"

// Listed is PostgreSQL as jobs name it.
func Listed() load.Destination {
	return load.Destination{
		Name: "postgres", Title: "PostgreSQL",
		Doc:  "PostgreSQL, named by the environment: `PGHOST` and the like, or `" + address + "`",
		Flag: "--postgres-schema",
		Mend: "set PGHOST, PGUSER and the like, or " + address + ", and see that the server answers",
		Variables: []load.Variable{{Name: "PGPASSWORD", Secret: true}, {Name: address, Secret: true,
			Doc: "Where PostgreSQL is, of --to postgres: postgres://user:password@host/database. Without it PGHOST, PGUSER, PGDATABASE, PGSERVICE, PGPASSFILE and the like count, as for psql."}},
		Open: func(s load.Settings) load.Database {
			cfg := Config{Schema: cmp.Or(s.Where, DefaultSchema)}
			if s.Env != nil {
				cfg.URL = s.Env(address)
			}
			return listed{New(cfg), cfg}
		},
	}
}

// listed is a destination as load has it.
type listed struct {
	*Destination
	cfg Config
}

func (l listed) Runs(ctx context.Context) (map[string]string, error) {
	loaded, err := l.Loads(ctx)
	if err != nil {
		return nil, err
	}
	runs := make(map[string]string, len(loaded))
	for id, run := range loaded {
		runs[id] = run.Content
	}
	return runs, nil
}

func (l listed) Lost() map[string]int64 { return l.Published().Lost }

func (l listed) Where() string { return "schema " + l.cfg.Schema }

func (l listed) Look() string {
	at := ""
	if l.cfg.URL != "" {
		at = `"$` + address + `" `
	}
	return fmt.Sprintf("psql %s-c \"SELECT * FROM %s.v_spaces LIMIT 10\"", at, l.cfg.Schema)
}
