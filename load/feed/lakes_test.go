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
		e.cell = cellAs("INTEGER", "epoch_us", "VARCHAR")
		return e
	})
}

// sparkPython is Spark with Iceberg's tables, or with Delta's, and without what pays for many
// rows alone.
const sparkPython = `
from pyspark.sql import SparkSession
delta = os.environ.get("SPACESETL_SPARK_TABLES") == "delta"
conf = {
    "spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.driver.memory": "3g", "spark.sql.warehouse.dir": sys.argv[1],
    "spark.sql.shuffle.partitions": "1", "spark.sql.adaptive.enabled": "false", "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN", "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}
conf |= {
    "spark.jars.packages": "io.delta:delta-spark_2.12:3.3.2",
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.sources.default": "delta",
    "spark.databricks.delta.snapshotPartitions": "1",
    "spark.databricks.delta.properties.defaults.columnMapping.mode": "name", # so that columns can be dropped
} if delta else {
    "spark.jars.packages": "org.apache.iceberg:iceberg-spark-runtime-3.5_2.12:1.9.2,org.xerial:sqlite-jdbc:3.46.1.3",
    "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
    "spark.sql.catalog.lake": "org.apache.iceberg.spark.SparkCatalog",
    "spark.sql.catalog.lake.type": "jdbc",
    "spark.sql.catalog.lake.uri": "jdbc:sqlite:" + sys.argv[1] + "/lake.db",
    "spark.sql.catalog.lake.jdbc.schema-version": "V1", # which has views
    "spark.sql.catalog.lake.warehouse": sys.argv[1],
    "spark.sql.defaultCatalog": "lake",
}
builder = SparkSession.builder.master("local[1]")
for name, value in conf.items():
    builder = builder.config(name, value)
spark = builder.getOrCreate()
spark.sparkContext.setLogLevel("ERROR")
if not delta:
    spark.sql("CREATE NAMESPACE fed")
    spark.sql("USE fed")
answer_of = lambda statement: "".join("\t".join(map(str, row)) + "\n" for row in spark.sql(statement).collect())
`

func TestSpark(t *testing.T) {
	named(t, "SPACESETL_SPARK_PYTHON")
	contract(t, "spark", func(t *testing.T) engine {
		e := openPython(t, "SPACESETL_SPARK_PYTHON", spark(), sparkPython)
		e.cell = cellAs("INT", "unix_micros", "STRING")
		return e
	})
}

// cellAs makes a text of a value, by the engine's types and function of microseconds.
func cellAs(integer, micros, text string) func(name string, c schemas.Column) string {
	return func(name string, c schemas.Column) string {
		switch c.Type {
		case schemas.Bool:
			name = "CAST(" + name + " AS " + integer + ")"
		case schemas.Time:
			name = micros + "(" + name + ")"
		}
		return "CAST(" + name + " AS " + text + ")"
	}
}
