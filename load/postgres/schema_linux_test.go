package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/spacesetl/spacesetl/load/postgres"
)

// holding holds the lock of a schema until it is told to let go.
func holding(t *testing.T, schema string) (release func()) {
	t.Helper()
	conn, err := pgconn.Connect(t.Context(), address(t)+"&application_name=holder")
	if err == nil {
		_, err = conn.Exec(t.Context(), fmt.Sprintf("SELECT pg_advisory_lock(hashtextextended('spacesetl %s', 0))", schema)).ReadAll()
	}
	if err != nil {
		t.Fatal(err)
	}
	return func() { _ = conn.Close(context.Background()) }
}

// A schema of an earlier version gets the columns that came since, with their comments, and
// keeps its rows.
func TestColumnsThatCameLater(t *testing.T) {
	dir := t.TempDir()
	d := opened(t, "earlier")
	published(t, d, made(t, dir, "r1", 0, 0, few), dir)
	asked(t, "earlier", "ALTER TABLE users DROP COLUMN _lists CASCADE; ALTER TABLE users DROP COLUMN verified_type CASCADE; DROP TABLE places; CREATE OR REPLACE VIEW v_people AS SELECT 1 AS user_id; CREATE VIEW public.mine AS SELECT * FROM v_tweets; UPDATE _layout SET digest = 'older', revision = 3")
	published(t, d, made(t, dir, "r2", 4, 1, few), dir)
	rows := asked(t, "earlier", "SELECT user_id, verified_type IS NULL, _lists IS NULL FROM users ORDER BY 1")
	if d := cmp.Diff([][]string{{"k0", "t", "t"}, {"k1", "t", "t"}, {"k2", "t", "t"}, {"k3", "t", "t"}, {"k4", "f", "f"}, {"k5", "f", "f"}, {"k6", "t", "f"}, {"k7", "f", "f"}, {"k8", "f", "f"}}, rows); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for query, want := range map[string]string{
		"SELECT left(col_description('users'::regclass, attnum), 4) FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname = 'verified_type'": "blue",
		"SELECT count(*) FROM v_people":          "29",
		"SELECT count(*) FROM public.mine":       "0",
		"SELECT count(*) FROM places":            "0",
		"SELECT count(*) > 0 FROM users_history": "t",
		"SELECT revision FROM _layout":           "4",
	} {
		if got := asked(t, "earlier", query)[0][0]; got != want {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
	}
}

// What is not ours, or a newer version's, is left alone.
func TestSchemasThatAreRefused(t *testing.T) {
	dir := t.TempDir()
	l := made(t, dir, "r1", 0, 0, few)
	d := opened(t, "refused")
	asked(t, "public", "CREATE SCHEMA refused; CREATE TABLE refused.mine (id int)")
	if _, err := d.Publish(t.Context(), l, dir); err == nil || !strings.Contains(err.Error(), "it has tables of something else (mine): name another schema") {
		t.Errorf("a schema with other tables: %v", err)
	}
	asked(t, "public", "DROP TABLE refused.mine")
	published(t, d, l, dir)
	for _, change := range []string{"ALTER TABLE spaces ADD COLUMN colour text", "UPDATE _layout SET revision = 99"} {
		asked(t, "refused", change)
		l.Content = change
		if _, err := d.Publish(t.Context(), l, dir); !errors.As(err, new(*postgres.NewerError)) {
			t.Errorf("%s: %v", change, err)
		}
		asked(t, "refused", "ALTER TABLE spaces DROP COLUMN IF EXISTS colour")
	}
	if loaded, err := d.Loads(t.Context()); err != nil || loaded["r1"].Content != "r1" {
		t.Errorf("%v, %v", loaded, err)
	}
	if loaded, err := opened(t, "nowhere").Loads(t.Context()); err != nil || len(loaded) != 0 {
		t.Errorf("of no schema: %v, %v", loaded, err)
	}
}

// Values get in as they are; what PostgreSQL cannot hold is NULL, or a row less where it is
// in a key, and is counted.
func TestValuesOfAllKinds(t *testing.T) {
	dir := t.TempDir()
	d := opened(t, "values")
	p := published(t, d, madeWith(t, dir, "r1", 0, 0, map[string]int{"users": 3, "tweets": 2, "spaces": 3}, map[string]string{
		"users.name":            "['😀 \t\\N', 'a' || chr(0) || 'b', ''][i + 1]",
		"users.description":     "repeat('ü', 1 << 19)",
		"users.followers_count": "9223372036854775807",
		"users.created_at":      "make_timestamptz([-9000000000000000000, -188000000000000000, 9000000000000000001][i + 1])",
		"spaces.space_id":       "['a', NULL, (SELECT string_agg(md5(i::VARCHAR), '') FROM range(200) AS r(i))][i + 1]",
	}), dir)
	if d := cmp.Diff(map[string]int64{"users.name": 1, "users.created_at": 1, "spaces.space_id": 2}, p.Lost); d != "" || p.Rows != 6 {
		t.Errorf("%d rows, lost (-want +got):\n%s", p.Rows, d)
	}
	rows := asked(t, "values", "SELECT name, length(description), followers_count, (extract(epoch FROM created_at) * 1000000)::bigint FROM users ORDER BY user_id")
	if d := cmp.Diff([][]string{
		{"😀 \t\\N", "524288", "9223372036854775807", "."},
		{".", "524288", "9223372036854775807", "-188000000000000000"},
		{"", "524288", "9223372036854775807", "9000000000000000001"},
	}, rows); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// No error has a password, whatever is wrong; and the settings may be in the environment and
// in a service file.
func TestPasswordsStaySecret(t *testing.T) {
	url := address(t)
	const secret, escaped = "s3cr3t/ü:@", "s3cr3t%2F%C3%BC%3A%40"
	at := func(rest string) string { return "postgres://tester:" + escaped + "@" + rest }
	t.Setenv("PGCONNECT_TIMEOUT", "1")
	for name, setting := range map[string]string{
		"nobody listens":    at("127.0.0.1:1/postgres"),
		"no such database":  at("/nowhere?host=" + shared.Dir),
		"no such port":      at("localhost:70000/postgres"),
		"broken":            "postgres://tester:" + secret + "@localhost:x/postgres",
		"bad escape":        "postgres://tester:" + escaped + "%zz@localhost/postgres",
		"unknown setting":   at("localhost/postgres?sslmode=maybe"),
		"no certificate":    at("localhost/postgres?sslmode=verify-full&sslrootcert=/nowhere"),
		"in a query":        "postgres:///nowhere?user=tester&password=" + escaped + "&host=" + shared.Dir,
		"key=value":         "host=" + shared.Dir + " user=tester dbname=nowhere password='" + secret + "'",
		"broken key=value":  "host=localhost port=x password=" + secret,
		"unended key=value": "host=localhost password='" + secret,
	} {
		_, err := postgres.Open(t.Context(), postgres.Config{URL: setting})
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		if text := fmt.Sprintf("%v %+v", err, err); strings.Contains(text, "s3cr3t") || !strings.HasPrefix(text, "postgres: ") {
			t.Errorf("%s: %s", name, text)
		}
	}
	file := filepath.Join(t.TempDir(), "services")
	if err := os.WriteFile(file, []byte("[mine]\nhost="+shared.Dir+"\nuser=tester\ndbname=postgres\npassword="+secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PGSERVICEFILE", file)
	t.Setenv("PGSERVICE", "mine")
	d, err := postgres.Open(t.Context(), postgres.Config{})
	if err != nil {
		t.Fatalf("%v (%s)", err, url)
	}
	_ = d.Close()
	t.Setenv("PGDATABASE", "nowhere")
	t.Setenv("PGSERVICE", "other")
	t.Setenv("PGPASSWORD", secret)
	if _, err := postgres.Open(t.Context(), postgres.Config{}); err == nil || strings.Contains(err.Error(), "s3cr3t") {
		t.Errorf("another service: %v", err)
	}
}
