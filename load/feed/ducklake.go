package feed

// duckLake is DuckDB's dialect, in a catalogue that its client attached and uses.
func duckLake() Dialect {
	d := duckDB()
	d.Name, d.Title = "ducklake", "DuckLake"
	d.session += ";\nSELECT error('the session is in no DuckLake: ATTACH one, and USE it, before the script') WHERE NOT EXISTS (SELECT 1 FROM duckdb_databases() WHERE database_name = current_database() AND type = 'ducklake')"
	return d
}
