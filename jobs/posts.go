package jobs

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"time"

	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// askedOnce is how long a tweet that did not come is not asked for again.
const askedOnce = 30 * 24 * time.Hour

// lackingPosts are the tweets that tables refer to and that have no row, the newest first and
// as many as a thousand requests take: but for those that were asked for since a time, or
// that an answer said it cannot show.
const lackingPosts = `
WITH gone AS (
  SELECT resource_id AS id FROM api_errors WHERE resource_type = 'tweet' AND _fetched_at >= $1
  UNION SELECT unnest(json_extract_string(request, '$.ids[*]')) FROM api_requests WHERE endpoint = 'posts' AND _fetched_at >= $1
)
SELECT id FROM (
  SELECT tweet_id AS id FROM space_tweets
  UNION SELECT referenced_tweet_id FROM tweet_references
  UNION SELECT pinned_tweet_id FROM users WHERE pinned_tweet_id IS NOT NULL
) ANTI JOIN (SELECT tweet_id AS id FROM tweets) USING (id) ANTI JOIN gone USING (id)
ORDER BY length(id) DESC, id DESC LIMIT 100000`

// asksPosts reports whether tweets are looked up.
func asksPosts(plan store.Plan) bool {
	return plan.PostsMissing || slices.ContainsFunc(plan.Seeds, func(r schemas.Request) bool { return r.Endpoint == schemas.Posts })
}

// missingPosts are the requests for tweets that the database lacks, if the plan asks for
// them.
func missingPosts(ctx context.Context, j *Job, plan store.Plan) ([]schemas.Request, error) {
	if !plan.PostsMissing {
		return nil, nil
	}
	db, err := duckdb.OpenReader(ctx, duckdb.ReaderConfig{Path: j.store.DuckDB(), MemoryLimit: memoryLimit(j)})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // the first run makes it
	}
	if err != nil {
		return nil, err
	}
	defer db.Close()
	rows, err := db.QueryContext(ctx, lackingPosts, j.opts.Now().Add(-askedOnce))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		if schemas.Posts.Takes(id) {
			ids = append(ids, id)
		}
	}
	return store.Batches(schemas.Posts, ids), rows.Err()
}
