package postgres_test

import (
	"os"
	"sync"
	"testing"

	"github.com/spacesetl/spacesetl/load/postgres/postgrestest"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
)

// shared is the PostgreSQL of the tests.
var shared struct {
	sync.Once
	*postgrestest.Server
	err error
}

func TestMain(m *testing.M) {
	code := scratchtest.Main(m)
	shared.Remove()
	os.Exit(code)
}

// address is that of the server's database, where the test is skipped if there is none.
func address(t testing.TB) string {
	t.Helper()
	postgrestest.Skip(t)
	shared.Do(func() { shared.Server, shared.err = postgrestest.New() })
	postgrestest.Check(t, shared.err)
	return shared.Address()
}
