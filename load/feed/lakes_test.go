package feed

import (
	"os"
	"testing"

	"github.com/spacesetl/spacesetl/schemas"
)

// named skips a test that CI has not got the time for.
func named(t *testing.T, variable string) {
	t.Helper()
	if os.Getenv(variable) == "" {
		t.Skipf("takes minutes: runs where %s names a Python, see .github/CONTRIBUTING.md", variable)
	}
}

const duckLakePython = `
import duckdb, glob
import duckdb_extension_ducklake as extension
c = duckdb.connect(config={"allow_unsigned_extensions": "true"})
c.execute("LOAD '%s'" % glob.glob(os.path.dirname(extension.__file__) + "/extensions/v" + duckdb.__version__ + "/*.duckdb_extension")[0])
c.execute("ATTACH 'ducklake:%s/meta.ducklake' AS lake (DATA_PATH '%s/data/')" % (sys.argv[1], sys.argv[1]))
c.execute("USE lake")
answer_of = lambda statement: "".join("\t".join(map(str, row)) + "\n" for row in c.execute(statement).fetchall())
`

func TestDuckLake(t *testing.T) {
	named(t, "SPACESETL_DUCKLAKE_PYTHON")
	contract(t, "ducklake", func(t *testing.T) engine {
		e := openPython(t, "SPACESETL_DUCKLAKE_PYTHON", duckLake(), duckLakePython)
		e.cell = func(name string, c schemas.Column) string {
			switch c.Type {
			case schemas.Bool:
				return "CAST(CAST(" + name + " AS INTEGER) AS VARCHAR)"
			case schemas.Time:
				return "CAST(epoch_us(" + name + ") AS VARCHAR)"
			}
			return "CAST(" + name + " AS VARCHAR)"
		}
		return e
	})
}
