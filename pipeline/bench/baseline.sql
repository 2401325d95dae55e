-- Our tables by DuckDB's own SQL, as somebody who knows it would write them:
-- explicit types, one JSON scan per kind of page, the latest sighting of each
-- key, the output columns from the few rows that are left.
--
-- @IN@ is the folder of plain lines. A CREATE TABLE is an output; the program
-- adds a COPY of it when Parquet files are asked for. What is TEMP is ours.
-- A statement under "plain:" or "tuned:" belongs to that way of writing it only:
-- plain is how one writes it, tuned what days of profiling make of it.

-- tuned:
SET preserve_insertion_order = false;

SET VARIABLE url = 'STRUCT("start" BIGINT, "end" BIGINT, url VARCHAR, expanded_url VARCHAR, display_url VARCHAR, unwound_url VARCHAR, title VARCHAR, description VARCHAR, status BIGINT, media_key VARCHAR, images STRUCT(url VARCHAR, width BIGINT, height BIGINT)[])';

SET VARIABLE tag = 'STRUCT("start" BIGINT, "end" BIGINT, tag VARCHAR)';

SET VARIABLE mention = 'STRUCT("start" BIGINT, "end" BIGINT, username VARCHAR, id VARCHAR)';

SET VARIABLE marks = 'urls ' || getvariable('url') || '[], hashtags ' || getvariable('tag') || '[], cashtags ' || getvariable('tag') || '[], mentions ' || getvariable('mention') || '[]';

SET VARIABLE user = 'STRUCT(id VARCHAR, username VARCHAR, name VARCHAR, created_at TIMESTAMPTZ, description VARCHAR, location VARCHAR, url VARCHAR,
    protected BOOLEAN, verified BOOLEAN, verified_type VARCHAR, verified_followers_count BIGINT, is_identity_verified BOOLEAN, parody BOOLEAN,
    subscription_type VARCHAR, subscription STRUCT(subscribes_to_you BOOLEAN), profile_image_url VARCHAR, profile_banner_url VARCHAR,
    pinned_tweet_id VARCHAR, most_recent_tweet_id VARCHAR,
    public_metrics STRUCT(followers_count BIGINT, following_count BIGINT, tweet_count BIGINT, listed_count BIGINT, like_count BIGINT, media_count BIGINT),
    affiliation STRUCT(user_id VARCHAR[], description VARCHAR, url VARCHAR, badge_url VARCHAR),
    withheld STRUCT(country_codes VARCHAR[], scope VARCHAR),
    entities STRUCT(url STRUCT(' || getvariable('marks') || '), description STRUCT(' || getvariable('marks') || ')))';

SET VARIABLE tweet = 'STRUCT(id VARCHAR, "text" VARCHAR, author_id VARCHAR, created_at TIMESTAMPTZ, conversation_id VARCHAR, in_reply_to_user_id VARCHAR,
    community_id VARCHAR, lang VARCHAR, source VARCHAR, possibly_sensitive BOOLEAN, paid_partnership BOOLEAN, reply_settings VARCHAR, card_uri VARCHAR,
    public_metrics STRUCT(retweet_count BIGINT, reply_count BIGINT, like_count BIGINT, quote_count BIGINT, bookmark_count BIGINT, impression_count BIGINT),
    edit_controls STRUCT(is_edit_eligible BOOLEAN, editable_until TIMESTAMPTZ, edits_remaining BIGINT), display_text_range BIGINT[],
    geo STRUCT(place_id VARCHAR, coordinates STRUCT("type" VARCHAR, coordinates DOUBLE[])),
    withheld STRUCT(copyright BOOLEAN, country_codes VARCHAR[], scope VARCHAR), scopes STRUCT(followers BOOLEAN), article JSON,
    note_tweet STRUCT("text" VARCHAR, entities STRUCT(' || getvariable('marks') || ')),
    entities STRUCT(' || getvariable('marks') || ', annotations STRUCT("start" BIGINT, "end" BIGINT, "type" VARCHAR, normalized_text VARCHAR, probability DOUBLE)[]),
    referenced_tweets STRUCT("type" VARCHAR, id VARCHAR)[], edit_history_tweet_ids VARCHAR[],
    attachments STRUCT(media_keys VARCHAR[], poll_ids VARCHAR[], media_source_tweet_id VARCHAR[]),
    context_annotations STRUCT("domain" STRUCT(id VARCHAR, name VARCHAR, description VARCHAR), entity STRUCT(id VARCHAR, name VARCHAR, description VARCHAR))[],
    media_metadata STRUCT(media_key VARCHAR, alt_text VARCHAR, title VARCHAR, description VARCHAR)[],
    suggested_source_links STRUCT(url VARCHAR)[], suggested_source_links_with_counts JSON)';

SET VARIABLE rest = 'meta STRUCT(result_count BIGINT, next_token VARCHAR, previous_token VARCHAR),
    errors STRUCT("type" VARCHAR, title VARCHAR, detail VARCHAR, resource_type VARCHAR, resource_id VARCHAR, parameter VARCHAR, "value" VARCHAR, section VARCHAR)[]';

CREATE TEMP MACRO pages(files, body) AS TABLE
SELECT run_id AS _run_id, page_id AS _page_id, fetched_at AS _fetched_at, * EXCLUDE (run_id, page_id, fetched_at)
FROM read_json(files, format = 'newline_delimited', columns = {
    run_id: 'VARCHAR', page_id: 'VARCHAR', request: 'JSON', params: 'JSON', fetched_at: 'TIMESTAMPTZ', status: 'BIGINT',
    headers: 'STRUCT("x-rate-limit-limit" BIGINT, "x-rate-limit-remaining" BIGINT, "x-rate-limit-reset" BIGINT, "date" VARCHAR)',
    attempts: 'BIGINT', waited_ms: 'BIGINT', body: body});

-- Counts and ids of data are taken while the page is at hand: read from the
-- nested lists again they would cost as much as the objects.
CREATE TEMP TABLE space_pages AS
SELECT *, list_transform(body.data, lambda d: d.id) AS ids, len(body.includes.users) AS user_count, len(body.includes.topics) AS topic_count
FROM pages(['@IN@/spaces-*.ndjson', '@IN@/creators-*.ndjson', '@IN@/search-*.ndjson'], 'STRUCT(
    data STRUCT(id VARCHAR, state VARCHAR, title VARCHAR, creator_id VARCHAR, created_at TIMESTAMPTZ, scheduled_start TIMESTAMPTZ,
        started_at TIMESTAMPTZ, ended_at TIMESTAMPTZ, updated_at TIMESTAMPTZ, lang VARCHAR, is_ticketed BOOLEAN, participant_count BIGINT,
        host_ids VARCHAR[], speaker_ids VARCHAR[], invited_user_ids VARCHAR[], topic_ids VARCHAR[])[],
    includes STRUCT(users ' || getvariable('user') || '[], topics STRUCT(id VARCHAR, name VARCHAR, description VARCHAR)[]),
    ' || getvariable('rest') || ')');

CREATE TEMP TABLE buyer_pages AS
SELECT *, list_transform(body.data, lambda d: d.id) AS ids, len(body.includes.users) AS user_count, len(body.includes.tweets) AS tweet_count
FROM pages(['@IN@/buyers-*.ndjson'], 'STRUCT(
    data ' || getvariable('user') || '[],
    includes STRUCT(users ' || getvariable('user') || '[], tweets ' || getvariable('tweet') || '[]),
    ' || getvariable('rest') || ')');

CREATE TEMP TABLE tweet_pages AS
SELECT *, list_transform(body.data, lambda d: d.id) AS ids, len(body.includes.users) AS user_count, len(body.includes.tweets) AS tweet_count,
    len(body.includes.media) AS media_count, len(body.includes.polls) AS poll_count, len(body.includes.places) AS place_count
FROM pages(['@IN@/tweets-*.ndjson'], 'STRUCT(
    data ' || getvariable('tweet') || '[],
    includes STRUCT(users ' || getvariable('user') || '[], tweets ' || getvariable('tweet') || '[],
        media STRUCT(media_key VARCHAR, "type" VARCHAR, url VARCHAR, preview_image_url VARCHAR, alt_text VARCHAR, width BIGINT, height BIGINT,
            duration_ms BIGINT, public_metrics STRUCT(view_count BIGINT), variants STRUCT(bit_rate BIGINT, content_type VARCHAR, url VARCHAR)[])[],
        polls STRUCT(id VARCHAR, voting_status VARCHAR, end_datetime TIMESTAMPTZ, duration_minutes BIGINT,
            options STRUCT(position BIGINT, label VARCHAR, votes BIGINT)[])[],
        places STRUCT(id VARCHAR, "name" VARCHAR, full_name VARCHAR, country VARCHAR, country_code VARCHAR, place_type VARCHAR, contained_within VARCHAR[],
            geo STRUCT("type" VARCHAR, bbox DOUBLE[], geometry STRUCT("type" VARCHAR, coordinates DOUBLE[]), properties JSON))[]),
    ' || getvariable('rest') || ')');

CREATE TABLE api_requests AS
SELECT request->>'$.endpoint' AS endpoint, request::VARCHAR AS request, params::VARCHAR AS params, status AS http_status, attempts, waited_ms,
    headers."x-rate-limit-limit" AS rate_limit, headers."x-rate-limit-remaining" AS rate_remaining, headers."x-rate-limit-reset" AS rate_reset,
    headers."date" AS server_date, meta.result_count, meta.next_token, meta.previous_token, coalesce(len(ids), 0) AS data_count,
    coalesce(user_count, 0) AS user_count, coalesce(tweet_count, 0) AS tweet_count, coalesce(topic_count, 0) AS topic_count,
    coalesce(media_count, 0) AS media_count, coalesce(poll_count, 0) AS poll_count, coalesce(place_count, 0) AS place_count,
    coalesce(len(errors), 0) AS error_count, _run_id, _page_id, _fetched_at
FROM (
    SELECT * EXCLUDE (body), body.meta AS meta, body.errors AS errors FROM space_pages
    UNION ALL BY NAME
    SELECT * EXCLUDE (body), body.meta AS meta, body.errors AS errors FROM buyer_pages
    UNION ALL BY NAME
    SELECT * EXCLUDE (body), body.meta AS meta, body.errors AS errors FROM tweet_pages
);

CREATE TABLE api_errors AS
SELECT seq, 'partial' AS kind, request->>'$.endpoint' AS endpoint, status AS http_status, split_part(e."type", '/', -1) AS problem, e.title, e.detail,
    e.resource_type, e.resource_id, e.parameter, e."value", e.section, _run_id, _page_id, _fetched_at
FROM (
    SELECT _run_id, _page_id, _fetched_at, request, status, unnest(body.errors) AS e, generate_subscripts(body.errors, 1) - 1 AS seq FROM space_pages
    UNION ALL
    SELECT _run_id, _page_id, _fetched_at, request, status, unnest(body.errors), generate_subscripts(body.errors, 1) - 1 FROM buyer_pages
    UNION ALL
    SELECT _run_id, _page_id, _fetched_at, request, status, unnest(body.errors), generate_subscripts(body.errors, 1) - 1 FROM tweet_pages
);

CREATE TEMP TABLE sightings AS
SELECT _run_id, _page_id, _fetched_at, unnest(body.data, max_depth := 2) FROM space_pages;

CREATE TABLE space_snapshots AS
SELECT id AS space_id, _fetched_at AS observed_at, state, title, participant_count, len(host_ids) AS host_count,
    coalesce(len(speaker_ids), 0) AS speaker_count, len(invited_user_ids) AS invited_count, _run_id, _page_id, _fetched_at
FROM sightings;

CREATE TABLE space_absences AS
SELECT unnest(list_filter(from_json(request->'$.ids', '["VARCHAR"]'), lambda id: NOT list_contains(coalesce(ids, []), id))) AS space_id,
    _fetched_at AS observed_at, _run_id, _page_id, _fetched_at
FROM space_pages WHERE request->>'$.endpoint' = 'spaces';

CREATE TEMP TABLE s AS
SELECT * FROM sightings WHERE (id, _fetched_at) IN (SELECT (id, max(_fetched_at)) FROM sightings GROUP BY id);

DROP TABLE sightings;

CREATE TABLE spaces AS
SELECT id AS space_id, state, title, creator_id, created_at, scheduled_start, started_at, ended_at, updated_at, lang, is_ticketed, participant_count,
    _fetched_at AS first_seen_at, _fetched_at AS last_seen_at, _run_id, _page_id, _fetched_at
FROM s;

CREATE TABLE space_users AS
SELECT id AS space_id, creator_id AS user_id, 'creator' AS "role", 0::BIGINT AS ordinal, _run_id, _page_id, _fetched_at FROM s WHERE creator_id IS NOT NULL
UNION ALL
SELECT id, unnest(host_ids), 'host', generate_subscripts(host_ids, 1) - 1, _run_id, _page_id, _fetched_at FROM s
UNION ALL
SELECT id, unnest(speaker_ids), 'speaker', generate_subscripts(speaker_ids, 1) - 1, _run_id, _page_id, _fetched_at FROM s
UNION ALL
SELECT id, unnest(invited_user_ids), 'invited', generate_subscripts(invited_user_ids, 1) - 1, _run_id, _page_id, _fetched_at FROM s
UNION ALL
SELECT * FROM (
    SELECT request->>'$.ids[0]' AS space_id, unnest(ids) AS user_id, 'buyer' AS "role",
        generate_subscripts(ids, 1) - 1 + coalesce((request->>'$.offset')::BIGINT, 0) AS ordinal, _run_id, _page_id, _fetched_at
    FROM buyer_pages
) QUALIFY row_number() OVER (PARTITION BY space_id, user_id ORDER BY _fetched_at DESC) = 1;

CREATE TABLE space_topics AS
SELECT id AS space_id, unnest(topic_ids) AS topic_id, generate_subscripts(topic_ids, 1) - 1 AS ordinal, _run_id, _page_id, _fetched_at FROM s;

DROP TABLE s;

CREATE TABLE topics AS
SELECT t.id AS topic_id, arg_max(t."name", _fetched_at) AS "name", arg_max(t.description, _fetched_at) AS description,
    max(_fetched_at) AS first_seen_at, max(_fetched_at) AS last_seen_at,
    arg_max(_run_id, _fetched_at) AS _run_id, arg_max(_page_id, _fetched_at) AS _page_id, max(_fetched_at) AS _fetched_at
FROM (SELECT _run_id, _page_id, _fetched_at, unnest(body.includes.topics) AS t FROM space_pages) GROUP BY t.id;

CREATE TABLE space_tweets AS
SELECT * FROM (
    SELECT request->>'$.ids[0]' AS space_id, unnest(ids) AS tweet_id,
        generate_subscripts(ids, 1) - 1 + coalesce((request->>'$.offset')::BIGINT, 0) AS ordinal, _run_id, _page_id, _fetched_at
    FROM tweet_pages
) QUALIFY row_number() OVER (PARTITION BY space_id, tweet_id ORDER BY _fetched_at DESC) = 1;

-- Of one page what was asked for counts before what was included.
CREATE TEMP VIEW user_sightings AS
SELECT _run_id, _page_id, _fetched_at, epoch_us(_fetched_at) * 2 AS seen, unnest(body.includes.users) AS u FROM tweet_pages
UNION ALL
SELECT _run_id, _page_id, _fetched_at, epoch_us(_fetched_at) * 2 + 1, unnest(body.data) FROM buyer_pages
UNION ALL
SELECT _run_id, _page_id, _fetched_at, epoch_us(_fetched_at) * 2, unnest(body.includes.users) FROM buyer_pages
UNION ALL
SELECT _run_id, _page_id, _fetched_at, epoch_us(_fetched_at) * 2, unnest(body.includes.users) FROM space_pages;

-- plain:
CREATE TEMP TABLE u AS
SELECT unnest(arg_max(u, seen)), arg_max(_run_id, seen) AS _run_id, arg_max(_page_id, seen) AS _page_id, max(_fetched_at) AS _fetched_at
FROM user_sightings GROUP BY u.id;

-- Of the many sightings only those that are kept are copied: their ids and times
-- alone say which, in half the time of an arg_max over whole objects.
--
-- tuned:
CREATE TEMP TABLE u AS
SELECT unnest(u), _run_id, _page_id, _fetched_at FROM user_sightings
WHERE (u.id, seen) IN (SELECT (u.id, max(seen)) FROM user_sightings GROUP BY u.id);

DROP TABLE space_pages;

CREATE TEMP VIEW tweet_sightings AS
SELECT _run_id, _page_id, _fetched_at, epoch_us(_fetched_at) * 2 + 1 AS seen, unnest(body.data) AS t FROM tweet_pages
UNION ALL
SELECT _run_id, _page_id, _fetched_at, epoch_us(_fetched_at) * 2, unnest(body.includes.tweets) FROM tweet_pages
UNION ALL
SELECT _run_id, _page_id, _fetched_at, epoch_us(_fetched_at) * 2, unnest(body.includes.tweets) FROM buyer_pages;

-- plain:
CREATE TEMP TABLE t AS
SELECT unnest(t), _run_id, _page_id, _fetched_at FROM (
    SELECT * FROM tweet_sightings QUALIFY row_number() OVER (PARTITION BY t.id ORDER BY seen DESC) = 1);

-- tuned:
CREATE TEMP TABLE t AS
SELECT unnest(t), _run_id, _page_id, _fetched_at FROM tweet_sightings
WHERE (t.id, seen) IN (SELECT (t.id, max(seen)) FROM tweet_sightings GROUP BY t.id);

CREATE TABLE tweet_snapshots AS
SELECT id AS tweet_id, _fetched_at AS observed_at, m.retweet_count, m.reply_count, m.like_count, m.quote_count, m.bookmark_count, m.impression_count,
    _run_id, _page_id, _fetched_at
FROM (SELECT t.id, arg_max(t.public_metrics, seen) AS m, _run_id, _page_id, _fetched_at FROM tweet_sightings GROUP BY ALL);

DROP TABLE buyer_pages;

CREATE TEMP TABLE m AS
SELECT unnest(arg_max(m, _fetched_at)), arg_max(_run_id, _fetched_at) AS _run_id, arg_max(_page_id, _fetched_at) AS _page_id, max(_fetched_at) AS _fetched_at
FROM (SELECT _run_id, _page_id, _fetched_at, unnest(body.includes.media) AS m FROM tweet_pages) GROUP BY m.media_key;

CREATE TEMP TABLE p AS
SELECT unnest(arg_max(p, _fetched_at)), arg_max(_run_id, _fetched_at) AS _run_id, arg_max(_page_id, _fetched_at) AS _page_id, max(_fetched_at) AS _fetched_at
FROM (SELECT _run_id, _page_id, _fetched_at, unnest(body.includes.polls) AS p FROM tweet_pages) GROUP BY p.id;

CREATE TEMP TABLE l AS
SELECT unnest(arg_max(l, _fetched_at)), arg_max(_run_id, _fetched_at) AS _run_id, arg_max(_page_id, _fetched_at) AS _page_id, max(_fetched_at) AS _fetched_at
FROM (SELECT _run_id, _page_id, _fetched_at, unnest(body.includes.places) AS l FROM tweet_pages) GROUP BY l.id;

DROP TABLE tweet_pages;

CREATE TABLE users AS
SELECT id AS user_id, username, "name", created_at, description, "location", url, protected, verified, verified_type, verified_followers_count,
    is_identity_verified, parody, subscription_type, subscription.subscribes_to_you AS subscription_subscribes_to_you, profile_image_url,
    profile_banner_url, pinned_tweet_id, most_recent_tweet_id, public_metrics.followers_count, public_metrics.following_count,
    public_metrics.tweet_count, public_metrics.listed_count, public_metrics.like_count, affiliation.description AS affiliation_description,
    affiliation.url AS affiliation_url, affiliation.badge_url AS affiliation_badge_url, withheld.scope AS withheld_scope,
    _fetched_at AS first_seen_at, _fetched_at AS last_seen_at, _run_id, _page_id, _fetched_at
FROM u;

CREATE TABLE user_affiliations AS
SELECT id AS user_id, unnest(affiliation.user_id) AS affiliated_user_id, generate_subscripts(affiliation.user_id, 1) - 1 AS ordinal, _run_id, _page_id, _fetched_at
FROM u WHERE affiliation IS NOT NULL;

CREATE TABLE user_withheld_countries AS
SELECT id AS user_id, unnest(withheld.country_codes) AS country_code, generate_subscripts(withheld.country_codes, 1) - 1 AS ordinal, _run_id, _page_id, _fetched_at
FROM u WHERE withheld IS NOT NULL;

CREATE TABLE user_entities AS
SELECT id AS user_id, section, kind, ordinal, e."start", e."end", e.url, e.expanded_url, e.display_url, NULL::VARCHAR AS tag, NULL::VARCHAR AS username,
    NULL::VARCHAR AS mentioned_user_id, _run_id, _page_id, _fetched_at
FROM (
    SELECT id, 'url' AS section, 'url' AS kind, unnest(entities.url.urls) AS e, generate_subscripts(entities.url.urls, 1) - 1 AS ordinal,
        _run_id, _page_id, _fetched_at FROM u
    UNION ALL
    SELECT id, 'description', 'url', unnest(entities.description.urls), generate_subscripts(entities.description.urls, 1) - 1, _run_id, _page_id, _fetched_at FROM u
)
UNION ALL
SELECT id, 'description', kind, ordinal, e."start", e."end", NULL, NULL, NULL, e.tag, NULL, NULL, _run_id, _page_id, _fetched_at
FROM (
    SELECT id, 'hashtag' AS kind, unnest(entities.description.hashtags) AS e, generate_subscripts(entities.description.hashtags, 1) - 1 AS ordinal,
        _run_id, _page_id, _fetched_at FROM u
    UNION ALL
    SELECT id, 'cashtag', unnest(entities.description.cashtags), generate_subscripts(entities.description.cashtags, 1) - 1, _run_id, _page_id, _fetched_at FROM u
)
UNION ALL
SELECT id, 'description', 'mention', ordinal, e."start", e."end", NULL, NULL, NULL, NULL, e.username, e.id, _run_id, _page_id, _fetched_at
FROM (
    SELECT id, unnest(entities.description.mentions) AS e, generate_subscripts(entities.description.mentions, 1) - 1 AS ordinal,
        _run_id, _page_id, _fetched_at FROM u
);

DROP TABLE u;

CREATE TABLE tweets AS
SELECT id AS tweet_id, "text", author_id, created_at, conversation_id, in_reply_to_user_id, community_id, lang, source, possibly_sensitive,
    paid_partnership, reply_settings, card_uri, public_metrics.retweet_count, public_metrics.reply_count, public_metrics.like_count,
    public_metrics.quote_count, public_metrics.bookmark_count, public_metrics.impression_count, edit_controls.is_edit_eligible,
    edit_controls.editable_until, edit_controls.edits_remaining, note_tweet."text" AS note_text, display_text_range[1] AS display_start,
    display_text_range[2] AS display_end, geo.place_id AS geo_place_id, geo.coordinates."type" AS geo_type, geo.coordinates.coordinates[1] AS geo_lon,
    geo.coordinates.coordinates[2] AS geo_lat, withheld.scope AS withheld_scope, withheld.copyright AS withheld_copyright,
    scopes.followers AS scopes_followers, article->>'$.title' AS article_title, article->>'$.plain_text' AS article_text,
    article->>'$.preview_text' AS article_preview, article::VARCHAR AS article_json,
    _fetched_at AS first_seen_at, _fetched_at AS last_seen_at, _run_id, _page_id, _fetched_at
FROM t;

CREATE TABLE tweet_references AS
SELECT id AS tweet_id, r."type", r.id AS referenced_tweet_id, ordinal, _run_id, _page_id, _fetched_at
FROM (SELECT id, unnest(referenced_tweets) AS r, generate_subscripts(referenced_tweets, 1) - 1 AS ordinal, _run_id, _page_id, _fetched_at FROM t);

CREATE TABLE tweet_edit_history AS
SELECT id AS tweet_id, unnest(edit_history_tweet_ids) AS version_tweet_id, generate_subscripts(edit_history_tweet_ids, 1) - 1 AS ordinal, _run_id, _page_id, _fetched_at FROM t;

CREATE TABLE tweet_media AS
SELECT id AS tweet_id, unnest(attachments.media_keys) AS media_key, generate_subscripts(attachments.media_keys, 1) - 1 AS ordinal, _run_id, _page_id, _fetched_at FROM t;

CREATE TABLE tweet_polls AS
SELECT id AS tweet_id, unnest(attachments.poll_ids) AS poll_id, generate_subscripts(attachments.poll_ids, 1) - 1 AS ordinal, _run_id, _page_id, _fetched_at FROM t;

CREATE TABLE tweet_media_sources AS
SELECT id AS tweet_id, unnest(attachments.media_source_tweet_id) AS source_tweet_id, generate_subscripts(attachments.media_source_tweet_id, 1) - 1 AS ordinal,
    _run_id, _page_id, _fetched_at FROM t;

CREATE TABLE tweet_withheld_countries AS
SELECT id AS tweet_id, unnest(withheld.country_codes) AS country_code, generate_subscripts(withheld.country_codes, 1) - 1 AS ordinal, _run_id, _page_id, _fetched_at
FROM t WHERE withheld IS NOT NULL;

CREATE TABLE tweet_article_media AS
SELECT id AS tweet_id, 'cover' AS kind, 0::BIGINT AS ordinal, article->>'$.cover_media' AS media_key, _run_id, _page_id, _fetched_at FROM t WHERE article IS NOT NULL
UNION ALL
SELECT id, 'media', generate_subscripts(keys, 1) - 1, unnest(keys), _run_id, _page_id, _fetched_at
FROM (SELECT id, from_json(article->'$.media_entities', '["VARCHAR"]') AS keys, _run_id, _page_id, _fetched_at FROM t WHERE article IS NOT NULL);

CREATE TABLE tweet_entities AS
SELECT id AS tweet_id, section, 'url' AS kind, ordinal, e."start", e."end", e.url, e.expanded_url, e.display_url, e.unwound_url, e.title, e.description,
    e.status, e.media_key, NULL::VARCHAR AS tag, NULL::VARCHAR AS username, NULL::VARCHAR AS mentioned_user_id, NULL::VARCHAR AS annotation_type,
    NULL::VARCHAR AS normalized_text, NULL::DOUBLE AS probability, _run_id, _page_id, _fetched_at
FROM (
    SELECT id, 'text' AS section, unnest(entities.urls) AS e, generate_subscripts(entities.urls, 1) - 1 AS ordinal, _run_id, _page_id, _fetched_at FROM t
    UNION ALL
    SELECT id, 'note', unnest(note_tweet.entities.urls), generate_subscripts(note_tweet.entities.urls, 1) - 1, _run_id, _page_id, _fetched_at FROM t
)
UNION ALL
SELECT id, section, kind, ordinal, e."start", e."end", NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, e.tag, NULL, NULL, NULL, NULL, NULL, _run_id, _page_id, _fetched_at
FROM (
    SELECT id, 'text' AS section, 'hashtag' AS kind, unnest(entities.hashtags) AS e, generate_subscripts(entities.hashtags, 1) - 1 AS ordinal, _run_id, _page_id, _fetched_at FROM t
    UNION ALL
    SELECT id, 'text', 'cashtag', unnest(entities.cashtags), generate_subscripts(entities.cashtags, 1) - 1, _run_id, _page_id, _fetched_at FROM t
    UNION ALL
    SELECT id, 'note', 'hashtag', unnest(note_tweet.entities.hashtags), generate_subscripts(note_tweet.entities.hashtags, 1) - 1, _run_id, _page_id, _fetched_at FROM t
    UNION ALL
    SELECT id, 'note', 'cashtag', unnest(note_tweet.entities.cashtags), generate_subscripts(note_tweet.entities.cashtags, 1) - 1, _run_id, _page_id, _fetched_at FROM t
)
UNION ALL
SELECT id, section, 'mention', ordinal, e."start", e."end", NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, e.username, e.id, NULL, NULL, NULL, _run_id, _page_id, _fetched_at
FROM (
    SELECT id, 'text' AS section, unnest(entities.mentions) AS e, generate_subscripts(entities.mentions, 1) - 1 AS ordinal, _run_id, _page_id, _fetched_at FROM t
    UNION ALL
    SELECT id, 'note', unnest(note_tweet.entities.mentions), generate_subscripts(note_tweet.entities.mentions, 1) - 1, _run_id, _page_id, _fetched_at FROM t
)
UNION ALL
SELECT id, 'text', 'annotation', ordinal, e."start", e."end", NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, e."type", e.normalized_text, e.probability,
    _run_id, _page_id, _fetched_at
FROM (SELECT id, unnest(entities.annotations) AS e, generate_subscripts(entities.annotations, 1) - 1 AS ordinal, _run_id, _page_id, _fetched_at FROM t);

CREATE TABLE entity_url_images AS
SELECT 'tweet' AS owner_type, id AS owner_id, 'text' AS section, ordinal, image_ordinal, i.url, i.width, i.height, _run_id, _page_id, _fetched_at
FROM (
    SELECT id, ordinal, unnest(e.images) AS i, generate_subscripts(e.images, 1) - 1 AS image_ordinal, _run_id, _page_id, _fetched_at
    FROM (SELECT id, unnest(entities.urls) AS e, generate_subscripts(entities.urls, 1) - 1 AS ordinal, _run_id, _page_id, _fetched_at FROM t)
);

CREATE TABLE tweet_context_annotations AS
SELECT id AS tweet_id, ordinal, c."domain".id AS domain_id, c."domain"."name" AS domain_name, c."domain".description AS domain_description,
    c.entity.id AS entity_id, c.entity."name" AS entity_name, c.entity.description AS entity_description, _run_id, _page_id, _fetched_at
FROM (SELECT id, unnest(context_annotations) AS c, generate_subscripts(context_annotations, 1) - 1 AS ordinal, _run_id, _page_id, _fetched_at FROM t);

CREATE TABLE tweet_media_metadata AS
SELECT id AS tweet_id, ordinal, d.media_key, d.alt_text, d.title, d.description, _run_id, _page_id, _fetched_at
FROM (SELECT id, unnest(media_metadata) AS d, generate_subscripts(media_metadata, 1) - 1 AS ordinal, _run_id, _page_id, _fetched_at FROM t);

-- One counted link comes by itself, several as a list.
CREATE TABLE tweet_suggested_links AS
SELECT id AS tweet_id, 'link' AS kind, ordinal, k.url, NULL::BIGINT AS "count", _run_id, _page_id, _fetched_at
FROM (SELECT id, unnest(suggested_source_links) AS k, generate_subscripts(suggested_source_links, 1) - 1 AS ordinal, _run_id, _page_id, _fetched_at FROM t)
UNION ALL
SELECT id, 'counted', ordinal, k.url, k."count", _run_id, _page_id, _fetched_at
FROM (
    SELECT id, unnest(links) AS k, generate_subscripts(links, 1) - 1 AS ordinal, _run_id, _page_id, _fetched_at
    FROM (
        SELECT id, _run_id, _page_id, _fetched_at, CASE json_type(suggested_source_links_with_counts)
            WHEN 'ARRAY' THEN from_json(suggested_source_links_with_counts, '[{"url": "VARCHAR", "count": "BIGINT"}]')
            ELSE [from_json(suggested_source_links_with_counts, '{"url": "VARCHAR", "count": "BIGINT"}')] END AS links
        FROM t WHERE suggested_source_links_with_counts IS NOT NULL
    )
);

DROP TABLE t;

CREATE TABLE media AS
SELECT media_key, "type", url, preview_image_url, alt_text, width, height, duration_ms, public_metrics.view_count,
    _fetched_at AS first_seen_at, _fetched_at AS last_seen_at, _run_id, _page_id, _fetched_at
FROM m;

CREATE TABLE media_variants AS
SELECT media_key, ordinal, v.bit_rate, v.content_type, v.url, _run_id, _page_id, _fetched_at
FROM (SELECT media_key, unnest(variants) AS v, generate_subscripts(variants, 1) - 1 AS ordinal, _run_id, _page_id, _fetched_at FROM m);

CREATE TABLE polls AS
SELECT id AS poll_id, voting_status, end_datetime, duration_minutes, _fetched_at AS first_seen_at, _fetched_at AS last_seen_at, _run_id, _page_id, _fetched_at FROM p;

CREATE TABLE poll_options AS
SELECT id AS poll_id, ordinal, o."position", o.label, o.votes, _run_id, _page_id, _fetched_at
FROM (SELECT id, unnest("options") AS o, generate_subscripts("options", 1) - 1 AS ordinal, _run_id, _page_id, _fetched_at FROM p);

CREATE TABLE places AS
SELECT id AS place_id, "name", full_name, country, country_code, place_type, geo.bbox[1] AS bbox_west, geo.bbox[2] AS bbox_south, geo.bbox[3] AS bbox_east,
    geo.bbox[4] AS bbox_north, geo."type" AS geo_type, geo.geometry."type" AS geometry_type, geo.geometry.coordinates[1] AS geo_lon,
    geo.geometry.coordinates[2] AS geo_lat, geo.properties::VARCHAR AS geo_properties,
    _fetched_at AS first_seen_at, _fetched_at AS last_seen_at, _run_id, _page_id, _fetched_at
FROM l;

CREATE TABLE place_parents AS
SELECT id AS place_id, unnest(contained_within) AS parent_id, generate_subscripts(contained_within, 1) - 1 AS ordinal, _run_id, _page_id, _fetched_at FROM l;
