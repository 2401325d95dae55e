package schemas

// inSpaces is the listing of a Space's reference lists: the post dialect has
// them as expansions only.
var inSpaces = Listing{Only: TweetDialect}

var spaceTables = []*Table{
	{
		Name: "spaces", Object: Space, Key: []string{"space_id"}, Versioned: true,
		Grain: "Space",
		Doc:   "Audio rooms, one row per Space as last seen. Counts and roles are momentary: space_snapshots has every sighting.",
		Columns: []Column{
			{Name: "space_id", Type: ID, Path: "id", Doc: "Id of the Space, up to 13 letters and digits, case-sensitive."},
			{Name: "state", Type: Text, Enum: true, Doc: "scheduled, live or ended when last seen; other values are kept as sent."},
			{Name: "title", Type: Text, Doc: "Title given by the creator; NULL when untitled."},
			{Name: "creator_id", Type: ID, Ref: "users", Listing: inSpaces, Doc: "User who created the Space."},
			{Name: "created_at", Type: Time, Doc: "When the Space was set up, which for a scheduled Space is not its start."},
			{Name: "scheduled_start", Type: Time, Doc: "Planned start; NULL when it was never scheduled."},
			{Name: "started_at", Type: Time, Doc: "Actual start; NULL before it."},
			{Name: "ended_at", Type: Time, Doc: "Actual end; NULL before it."},
			{Name: "updated_at", Type: Time, Doc: "Last change of the Space's metadata."},
			{Name: "lang", Type: Text, Enum: true, Doc: "Main language of the creator as inferred by X, a BCP 47 tag (legacy iw and in occur)."},
			{Name: "is_ticketed", Type: Bool, Doc: "Whether tickets are sold."},
			{Name: "participant_count", Type: Int, Doc: "People in the room when fetched, hosts and speakers included; 0 while scheduled."},
			{Name: "subscriber_count", Type: Int, Listing: Listing{Private: true}, Doc: "People who set a reminder or bought a ticket; only with the creator's token, otherwise NULL (not 0)."},
			{Name: "unavailable_at", Type: Time, From: Nowhere, Doc: "When the API first said that it no longer knows a Space seen before; NULL while it does. Kept by the database over all runs; in a run's own files always NULL, see space_absences."},
			extras,
		},
	},
	{
		Name: "space_snapshots", Object: Space, Mode: Every, Key: []string{"space_id", "observed_at"},
		Grain: "Space and sighting",
		Doc:   "Every sighting of every Space: the time series of its state and counts.",
		Columns: []Column{
			{Name: "space_id", Type: ID, Path: "id", Ref: "spaces", Doc: "The Space."},
			{Name: "observed_at", Type: Time, From: Envelope, Path: "fetched_at", Doc: "When it was seen so."},
			{Name: "state", Type: Text, Enum: true, Doc: "scheduled, live or ended at that time."},
			{Name: "title", Type: Text, Doc: "Title at that time."},
			{Name: "participant_count", Type: Int, Doc: "People in the room at that time."},
			{Name: "subscriber_count", Type: Int, Listing: Listing{Private: true}, Doc: "Reminders and tickets at that time; only with the creator's token."},
			{Name: "host_count", Type: Int, From: Count, Path: "host_ids", Listing: inSpaces, Doc: "Hosts at that time, the creator included; NULL when the API did not send them."},
			{Name: "speaker_count", Type: Int, From: Count, Path: "speaker_ids", Listing: inSpaces, Doc: "People who had spoken by then, each once; 0 when asked for and none were sent."},
			{Name: "invited_count", Type: Int, From: Count, Path: "invited_user_ids", Listing: inSpaces, Doc: "People invited to speak at that time; NULL when the API did not send them."},
		},
	},
	{
		Name: "space_absences", Key: []string{"space_id", "observed_at"},
		Grain: "Space and time the API did not know it",
		Doc:   "Spaces that were asked for by id and that the API said it does not know, one row each time: never there, ended and gone, or cancelled. A Space that an answer leaves out without a word has no row.",
		Sources: []Source{
			{Object: PageObject, Endpoint: Spaces, Missing: true},
			{Object: PageObject, Endpoint: SpaceByID, Missing: true},
		},
		Columns: []Column{
			{Name: "space_id", Type: ID, Path: "$", Link: "spaces", Doc: "The Space."},
			{Name: "observed_at", Type: Time, From: Envelope, Path: "fetched_at", Doc: "When the API said that it does not know it."},
		},
	},
	{
		Name: "space_users", Key: []string{"space_id", "user_id", "role"}, Versioned: true,
		Grain: "Space, person and role",
		Doc:   "Who was what in which Space. One person can have several roles: count distinct user_id to count people. Listeners are never listed by the API.",
		Sources: []Source{
			{Object: Space, Path: "creator_id", Set: map[string]string{"role": "creator"}, Listing: inSpaces, Absent: Absence{Why: "every Space has a creator"}},
			{Object: Space, Path: "host_ids", Set: map[string]string{"role": "host"}, Listing: inSpaces, Absent: Absence{Why: "the creator is a host, so no Space is without"}},
			{Object: Space, Path: "speaker_ids", Set: map[string]string{"role": "speaker"}, Listing: inSpaces, Absent: Absence{Empty: true, Why: "sent only once somebody has spoken"}},
			{Object: Space, Path: "invited_user_ids", Set: map[string]string{"role": "invited"}, Listing: inSpaces, Absent: Absence{Why: "no documentation says that it is left out when nobody is"}},
			{Object: PageObject, Endpoint: Buyers, Set: map[string]string{"role": "buyer"}},
		},
		Columns: []Column{
			{Name: "space_id", Type: ID, From: ParentKey, Ref: "spaces", Doc: "The Space."},
			{Name: "user_id", Type: ID, Path: "$|id", Ref: "users", Doc: "The person."},
			{Name: "role", Type: Text, From: Const, Enum: true, Doc: "creator, host (the creator is one too), speaker, invited or buyer (of a ticket)."},
			{Name: "ordinal", Type: Int, From: Ordinal, Doc: "Position in the API's list, from 0."},
		},
	},
	{
		Name: "space_topics", Key: []string{"space_id", "topic_id"},
		Grain: "Space and topic",
		Doc:   "Topics the creator chose for a Space.",
		Sources: []Source{
			{Object: Space, Path: "topic_ids", Listing: inSpaces, Absent: Absence{Why: "no documentation says that they are left out when there are none"}},
			{Object: Space, Path: "topics", Listing: Listing{Unlisted: true}, Absent: Absence{Why: "it comes without being asked for"}},
		},
		Columns: []Column{
			{Name: "space_id", Type: ID, From: ParentKey, Ref: "spaces", Doc: "The Space."},
			{Name: "topic_id", Type: ID, Path: "$|id", Ref: "topics", Doc: "The topic."},
			{Name: "ordinal", Type: Int, From: Ordinal, Doc: "Position in the API's list, from 0."},
		},
	},
	{
		Name: "topics", Object: Topic, Mode: Coalesce, Key: []string{"topic_id"},
		Grain: "topic",
		Doc:   "Topics of Spaces, merged from includes and from inside the Spaces.",
		Columns: []Column{
			{Name: "topic_id", Type: ID, Path: "id", Doc: "Id of the topic."},
			{Name: "name", Type: Text, Doc: "Name of the topic."},
			{Name: "description", Type: Text, Doc: "Description of the topic."},
			extras,
		},
	},
	{
		Name: "space_tweets", Key: []string{"space_id", "tweet_id"},
		Grain:   "Space and tweet shared in it",
		Doc:     "Tweets shared in a Space.",
		Sources: []Source{{Object: PageObject, Endpoint: Tweets}},
		Columns: []Column{
			{Name: "space_id", Type: ID, From: ParentKey, Ref: "spaces", Doc: "The Space."},
			{Name: "tweet_id", Type: ID, Path: "$|id", Ref: "tweets", Doc: "The tweet."},
			{Name: "ordinal", Type: Int, From: Ordinal, Doc: "Position in the API's list over all its pages, from 0."},
		},
	},
}
