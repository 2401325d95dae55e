package usage

// StatusFields are the fields of status --output json, and what they hold.
func StatusFields() [][2]string {
	return [][2]string{
		{"store, job, at", "The folder, the newest run's job, and when this was asked."},
		{"healthy", "Whether no finding is a problem."},
		{"findings", "level (problem, or note: nothing has to be done), kind, run_id, text, do: what to do. Kinds: unfinished, damaged, files, behind, database, orphans, stale, silent (no run brings Spaces), capped (nothing gets through), errors, gaps, truncated, drift, lock."},
		{"lock", "held; sure: whether this system can tell; pid, host, since of who holds it or held it last."},
		{"runs", "Oldest first: run_id, outcome (that of the manifest, running or unfinished), started_at, ended_at (last page), took_seconds, pages, rows, usd_low, usd_high, counted (whether the money is known), missing and cut (what did not come, collections cut short), damaged (pages that cannot be read)."},
		{"tables", "name, files, rows and bytes of the Parquet files of all runs; database_rows as DuckDB's catalogue has them."},
		{"bytes", "raw, parquet, database: what each takes on disk."},
		{"spaces", "scheduled and live are open; ended are due a last look; final and gone are not asked for again."},
		{"money", "today and month (UTC), each usd_low and usd_high; budget has usd_per_run, usd_per_day, usd_per_month of the job."},
		{"rates, next_reset", "What the newest page of each endpoint said: endpoint, limit, remaining, reset_at, seen_at; and the next reset of a window in use."},
		{"uncounted_runs", "Runs with too many pages to read here, which spaces and money know nothing of."},
	}
}

// DoctorFields are those of doctor --output json.
func DoctorFields() [][2]string {
	return [][2]string{
		{"ok", "Whether no check failed."},
		{"store", "The folder."},
		{"checks", "check, level (ok, warn, fail), text, do: what to do."},
	}
}

func manFields(m *manual) {
	m.section("JSON OF STATUS")
	m.items(StatusFields())
	m.section("JSON OF DOCTOR")
	m.items(DoctorFields())
}
