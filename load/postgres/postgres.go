// Package postgres publishes runs to a schema of its own in a PostgreSQL database, from
// version 15: its tables have the rows that the DuckDB database has after the same runs,
// with the versions that ended, in views the histories. The merging is that of package
// merging; the rows get in by COPY.
package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"

	"github.com/spacesetl/spacesetl/schemas"
)

// Config says which database.
type Config struct {
	// URL is postgres://user:password@host:port/database or key=value settings, from
	// the environment: it holds a password. Where it is empty, and for what it leaves
	// out, the variables PGHOST, PGUSER, PGSERVICE… and the files that they name count.
	URL    string
	Schema string        // empty for DefaultSchema; it is made where it is missing
	Wait   time.Duration // for another process that publishes to it; 0 for a minute
}

// DefaultSchema is the schema that the tables are in.
const DefaultSchema = "spacesetl"

// Destination publishes runs to one schema. It takes one call at a time.
type Destination struct {
	schema string
	wait   time.Duration
	cfg    *pgconn.Config
	secret secrets
	wrong  error // with the settings
	conn   *pgconn.PgConn

	prepared  bool // a transaction waits for its Commit
	published Published
}

// Loaded is a run that is in the schema.
type Loaded struct {
	Content string // as schemas.Load.Content
	At      time.Time
}

// Open connects to the database and looks whether it can hold the tables. It changes nothing.
func Open(ctx context.Context, cfg Config) (*Destination, error) {
	d := New(cfg)
	if err := d.connect(ctx); err != nil {
		return nil, d.wrap(ctx, err)
	}
	return d, nil
}

// New is Open for whoever connects later: the first call that needs the server does, and
// returns what Open would.
func New(cfg Config) *Destination {
	d := &Destination{schema: cmp.Or(cfg.Schema, DefaultSchema), wait: cmp.Or(cfg.Wait, time.Minute)}
	if d.cfg, d.secret, d.wrong = parse(cfg.URL); d.wrong != nil {
		return d
	}
	d.cfg.ConnectTimeout = min(cmp.Or(d.cfg.ConnectTimeout, 30*time.Second), 2*time.Minute)
	d.cfg.RuntimeParams["client_encoding"] = "UTF8"
	if d.cfg.RuntimeParams["application_name"] == "" {
		d.cfg.RuntimeParams["application_name"] = "spacesetl"
	}
	// Else the server goes on with what nobody waits for any more, and holds the lock.
	d.cfg.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: conn, DeadlineDelay: 10 * time.Second}
	}
	return d
}

// connect connects where there is no connection, or the last one broke.
func (d *Destination) connect(ctx context.Context) error {
	if d.wrong != nil {
		return d.wrong
	}
	if d.conn != nil && !d.conn.IsClosed() {
		return nil
	}
	conn, err := pgconn.ConnectConfig(ctx, d.cfg)
	if err != nil {
		return err
	}
	d.conn = conn
	answer, err := d.query(ctx, "SELECT current_setting('server_version_num'), current_setting('server_version'), current_setting('server_encoding')")
	if err != nil {
		return err
	}
	if number, _ := strconv.Atoi(answer[0][0]); number < 150000 {
		err = fmt.Errorf("the server is PostgreSQL %s: 15 or newer is needed", answer[0][1])
	} else if answer[0][2] != "UTF8" {
		err = fmt.Errorf("the database %s has the encoding %s: make one with UTF8", d.cfg.Database, answer[0][2])
	}
	if err != nil {
		_ = d.Close()
	}
	return err
}

// Close ends the connection, and gives up what was prepared and not committed. Who goes on
// connects again.
func (d *Destination) Close() error {
	d.prepared = false
	if d.conn == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := d.conn.Close(ctx)
	d.conn = nil
	return d.wrap(ctx, err)
}

// Loads returns the runs that the schema has; none where there is no schema.
func (d *Destination) Loads(ctx context.Context) (map[string]Loaded, error) {
	runs, err := d.loads(ctx)
	return runs, d.wrap(ctx, err)
}

func (d *Destination) loads(ctx context.Context) (map[string]Loaded, error) {
	if err := d.connect(ctx); err != nil {
		return nil, err
	}
	runs := map[string]Loaded{}
	from := schemas.Quote(d.schema) + "." + loads
	if answer, err := d.query(ctx, "SELECT to_regclass("+schemas.QuoteText(from)+") IS NULL"); err != nil || answer[0][0] == "t" {
		return runs, err
	}
	answer, err := d.query(ctx, "SELECT run_id, content, extract(epoch FROM loaded_at)::bigint FROM "+from)
	if err != nil {
		return nil, err
	}
	for _, row := range answer {
		seconds, err := strconv.ParseInt(row[2], 10, 64)
		if err != nil {
			return nil, err
		}
		runs[row[0]] = Loaded{Content: row[1], At: time.Unix(seconds, 0).UTC()}
	}
	return runs, nil
}

// query returns the rows of one SELECT as texts; NULL is empty.
func (d *Destination) query(ctx context.Context, statement string) (rows [][]string, err error) {
	results, err := d.conn.Exec(ctx, statement).ReadAll()
	if err != nil {
		return nil, err
	}
	for _, row := range results[0].Rows {
		texts := make([]string, len(row))
		for i, value := range row {
			texts[i] = string(value)
		}
		rows = append(rows, texts)
	}
	return rows, nil
}

// execute runs statements and returns of the last how many rows it is about.
func (d *Destination) execute(ctx context.Context, statements string) (rows int64, err error) {
	results, err := d.conn.Exec(ctx, statements).ReadAll()
	if err != nil || len(results) == 0 {
		return 0, err
	}
	return results[len(results)-1].CommandTag.RowsAffected(), nil
}

// wrap says which schema an error is about.
func (d *Destination) wrap(ctx context.Context, err error) error {
	if err == nil || errors.As(err, new(*LockedError)) || errors.As(err, new(*NewerError)) {
		return err
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return hidden{err, d.secret.hide(fmt.Sprintf("postgres: schema %s: %v", d.schema, err))}
}
