package usage

import "github.com/spacesetl/spacesetl/load/destinations"

func manEnvironment(m *manual) {
	m.section("ENVIRONMENT")
	m.paragraph("Every flag can be given as a variable; a flag on the command line wins. Secrets are never flags:")
	items := [][2]string{
		{"X_BEARER_TOKEN", "The app's bearer token. It wins over an account of spacesetl auth."},
		{"X_USER_TOKEN", "A user's OAuth 2.0 token, for ticket buyers the Space creator's. It wins over the users' accounts."},
		{"X_CLIENT_ID, X_CLIENT_SECRET", "The app's OAuth 2.0 client, for auth login; the secret of confidential clients only."},
		{"X_API_KEY, X_API_SECRET", "The app's key and secret, for auth app. They are not stored."},
	}
	for _, v := range destinations.Variables() {
		if v.Doc != "" {
			items = append(items, [2]string{v.Name, v.Doc})
		}
	}
	m.items(append(items, [][2]string{
		{"HTTPS_PROXY, HTTP_PROXY, NO_PROXY", "Proxies to ask through."},
		{"SSL_CERT_FILE, SSL_CERT_DIR", "Certificates to trust instead of the system's, such as that of a proxy that opens TLS."},
		{"GOMEMLIMIT", "A limit of Go's heap that wins over --memory."},
		{"SPACESETL_DEBUG", "1 adds the trace to an internal error."},
	}...))
}

func manFiles(m *manual) {
	m.section("FILES")
	m.paragraph("In the store, one folder per job:")
	m.items([][2]string{
		{"raw/RUN/ENDPOINT-00001.ndjson.zst", "Landed pages as received: the truth, of which everything else can be made again."},
		{"raw/DAY-N.ndjson.zst, raw/MONTH-N.ndjson.zst", "The same of the runs of a day that is over, or of a month."},
		{"parquet/TABLE/run_date=DAY/RUN-N.parquet", "The rows of a run; elsewhere with another partition in the job."},
		{"parquet/_latest.json", "The newest run whose files are complete."},
		{"spaces.duckdb", "All runs merged; read it with spacesetl query, or duckdb -readonly."},
		{"runs/RUN/plan.json, manifest.json", "What was asked; the receipt, written last."},
		{"runs/DAY-N.json.zst, runs/MONTH-N.json.zst", "The same of the runs of a day that is over, or of a month."},
		{"state.json, ledger.json, ledger.ndjson", "Which Spaces can still change; what pages cost. Made again from raw when deleted."},
		{"runs.ndjson", "What status keeps of each run's manifest. Made again when deleted."},
		{"settled.json", "What cost --reconcile --settle booked: the API's counts that bound what lost answers cost."},
		{"lock", "Held while a run writes; names its process."},
	})
	m.paragraph("In the user's configuration folder:")
	m.item(manText("spacesetl/tokens.json"), "The accounts with their tokens, mode 0600; see --token-file.")
}
