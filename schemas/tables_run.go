package schemas

import (
	"strings"
	"time"
)

// Run is the summary of one run: the row of runs, and the head of its manifest.
type Run struct {
	RunID     string    `json:"run_id"`
	Job       string    `json:"job"`
	PlanHash  string    `json:"plan_hash"`
	Dialect   Dialect   `json:"dialect"`
	StartedAt time.Time `json:"started_at"`
	// EndedAt is when the last page was received, not when the tables were
	// written, so that a replay gives the same row.
	EndedAt  time.Time `json:"ended_at"`
	Outcome  Outcome   `json:"outcome"`
	Pages    int       `json:"pages"`
	Requests int       `json:"requests"` // attempts, retries included
	WaitedMS int64     `json:"waited_ms"`
	Bytes    int64     `json:"bytes"`
	Version  string    `json:"version"`
}

var runTables = []*Table{
	{
		Name: "api_requests", Object: PageObject, Mode: Every, Key: []string{"_run_id", "_page_id"},
		Grain: "page that was landed",
		Doc:   "Every page that was landed: what was asked, what came back, what it took.",
		Columns: []Column{
			{Name: "endpoint", Type: Text, Enum: true, From: Envelope, Path: "request.endpoint", Doc: "space, spaces, creators, search, " + strings.Join(Companions(), ", ") + ", usernames, users or posts."},
			{Name: "request", Type: JSON, From: Envelope, Path: "request", Doc: "What was asked for: ids, query, state, page token; look, of what a watch asks for again and of what was imported, when it was due or came, in seconds since 1970."},
			{Name: "params", Type: JSON, From: Envelope, Path: "params", Doc: "Fields and expansions asked for."},
			{Name: "http_status", Type: Int, From: Envelope, Path: "status", Doc: "HTTP status of the answer."},
			{Name: "attempts", Type: Int, From: Envelope, Path: "attempts", Doc: "Requests it took; 0 of an answer that was imported."},
			{Name: "account", Type: Text, Enum: true, From: Envelope, Path: "account", Doc: "Name of the token that asked, never the token: an account, or the variable it stood in (X_BEARER_TOKEN, X_USER_TOKEN)."},
			{Name: "waited_ms", Type: Int, From: Envelope, Path: "waited_ms", Doc: "Milliseconds waited for rate windows and retries."},
			{Name: "bytes", Type: Int, From: Envelope, Path: "bytes", Doc: "Length of the body in bytes, uncompressed."},
			{Name: "rate_limit", Type: Int, From: Envelope, Path: "headers.x-rate-limit-limit", Doc: "Requests per rate window."},
			{Name: "rate_remaining", Type: Int, From: Envelope, Path: "headers.x-rate-limit-remaining", Doc: "Requests left in the window after this one."},
			{Name: "rate_reset", Type: Int, From: Envelope, Path: "headers.x-rate-limit-reset", Doc: "End of the window, seconds since 1970 UTC."},
			{Name: "server_date", Type: Text, From: Envelope, Path: "headers.date", Doc: "Date header as sent."},
			{Name: "result_count", Type: Int, Path: "meta.result_count", Doc: "Number of objects in data as the API counts them."},
			{Name: "next_token", Type: Text, Path: "meta.next_token", Doc: "Token of the next page; NULL on the last."},
			{Name: "previous_token", Type: Text, Path: "meta.previous_token", Doc: "Token of the page before."},
			{Name: "data_count", Type: Int, From: Count, Path: "data", Doc: "Objects in data."},
			{Name: "user_count", Type: Int, From: Count, Path: "includes.users", Doc: "Users in includes."},
			{Name: "tweet_count", Type: Int, From: Count, Path: "includes.tweets|includes.posts", Doc: "Tweets in includes."},
			{Name: "topic_count", Type: Int, From: Count, Path: "includes.topics", Doc: "Topics in includes."},
			{Name: "media_count", Type: Int, From: Count, Path: "includes.media", Doc: "Media in includes."},
			{Name: "poll_count", Type: Int, From: Count, Path: "includes.polls", Doc: "Polls in includes."},
			{Name: "place_count", Type: Int, From: Count, Path: "includes.places", Doc: "Places in includes."},
			{Name: "error_count", Type: Int, From: Count, Path: "errors", Doc: "Partial errors."},
			{Name: "text", Type: Text, From: Envelope, Path: "text", Doc: "Beginning of a refusal that was not JSON."},
			extras,
		},
	},
	{
		Name: "api_errors", Object: Problem, Mode: Every, Key: []string{"_run_id", "_page_id", "seq"},
		Grain: "thing the API did not give",
		Doc:   "What the API did not give: partial errors of answers, refusals, answers and values that could not be read, and objects whose id cannot be asked for.",
		Columns: []Column{
			{Name: "seq", Type: Int, From: Ordinal, Doc: "Position among the page's errors, from 0."},
			{Name: "kind", Type: Text, From: Const, Enum: true, Doc: "partial (beside data), refused (the whole request) or unreadable (the answer, or something in it)."},
			{Name: "endpoint", Type: Text, Enum: true, From: Envelope, Path: "request.endpoint", Doc: "Endpoint asked."},
			{Name: "http_status", Type: Int, From: Envelope, Path: "status", Doc: "HTTP status of the answer."},
			{Name: "problem", Type: Suffix, Enum: true, Path: "type", Doc: "Kind of problem: the last path segment of its type, such as resource-not-found. Ours are unreadable-value, unreadable-answer (a success that is no page), unaskable-id (of an object that is kept all the same), too-large, and further-problems (of an answer with more than 10,000; value is the list of the others)."},
			{Name: "title", Type: Text, Enum: true, Doc: "Title of the problem."},
			{Name: "detail", Type: Text, Path: "detail|message|error_description", Doc: "The API's words, or what is wrong with what could not be read."},
			{Name: "resource_type", Type: Text, Enum: true, Doc: "space, user, tweet, media, poll, place…"},
			{Name: "resource_id", Type: ID, Doc: "Id of what is missing or refused: also where a refusal does not say it and the request asked for one thing only."},
			{Name: "parameter", Type: Text, Enum: true, Doc: "Request parameter or expansion that named it."},
			{Name: "value", Type: Text, Doc: "Value of that parameter, else the id or query of a request for one thing that was refused; or what could not be read: a value, the element of a list that got no row for its sake, or the beginning of an answer that is no page."},
			{Name: "field", Type: Text, Enum: true, Doc: "Field that was refused or could not be read."},
			{Name: "section", Type: Text, Enum: true, Doc: "data or includes."},
			{Name: "reason", Type: Text, Enum: true, Doc: "Reason given with a refusal."},
			{Name: "code", Type: Int, Doc: "Code of the older error format."},
			{Name: "status", Type: Int, Doc: "HTTP status named in the problem."},
			{Name: "parameters", Type: JSON, Doc: "Parameters named in an invalid-request problem."},
			extras,
		},
	},
	{
		Name: "runs", Object: RunObject, Mode: Every, Key: []string{"_run_id"},
		Grain: "run",
		Doc:   "Runs of the job.",
		Columns: []Column{
			{Name: "job", Type: Text, Doc: "Name of the job; import of a run whose answers were imported from files."},
			{Name: "plan_hash", Type: Text, Doc: "Hash of what was asked for: equal plans, equal hashes."},
			{Name: "dialect", Type: Text, Enum: true, Doc: "Naming used in requests: tweet or post."},
			{Name: "started_at", Type: Time, Doc: "When the run was started."},
			{Name: "ended_at", Type: Time, Doc: "When its last page was received."},
			{Name: "outcome", Type: Text, Enum: true, Doc: "done, or why it stopped: " + stops() + "."},
			{Name: "pages", Type: Int, Doc: "Pages landed."},
			{Name: "requests", Type: Int, Doc: "Requests made, retries included."},
			{Name: "waited_ms", Type: Int, Doc: "Milliseconds waited for rate windows and retries, over all workers."},
			{Name: "bytes", Type: Int, Doc: "Bytes of all bodies, uncompressed."},
			{Name: "version", Type: Text, Doc: "Version of spacesetl."},
		},
	},
}
