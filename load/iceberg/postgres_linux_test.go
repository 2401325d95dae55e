package main

import (
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/spacesetl/spacesetl/load/postgres/postgrestest"
)

func TestPostgreSQLCatalogue(t *testing.T) {
	postgrestest.Skip(t)
	server, err := postgrestest.New()
	postgrestest.Check(t, err)
	t.Cleanup(server.Remove)
	dir := newStore(t, 2)
	u, err := url.Parse(server.Address())
	must(t, err)
	d := openTarget(t, place{uri: u.String(), name: "test", namespace: "spaces", warehouse: filepath.Join(t.TempDir(), "w"), env: os.Getenv})
	d.load(dir)
	if sum := d.load(dir); sum.files != 0 || sum.there != 2 {
		t.Errorf("again: %+v", sum)
	}
	same(t, inFiles(t, dir), inTables(t, d.catalogue))
}
