package jobs_test

import "slices"

func wantSpaces(w *wanted) {
	w.each("space", func(id string, last sighting) {
		sp := must(w, "space", id, w.world.Space)
		w.addObject("spaces", last.answer, cells(
			"space_id", sp.ID, "state", sp.State, "title", sp.Title, "creator_id", sp.CreatorID, "created_at", sp.CreatedAt,
			"scheduled_start", sp.ScheduledStart, "started_at", sp.StartedAt, "ended_at", sp.EndedAt, "updated_at", sp.UpdatedAt,
			"lang", sp.Lang, "is_ticketed", sp.IsTicketed, "participant_count", sp.ParticipantCount,
			"subscriber_count", sp.SubscriberCount,
		).only(subscribersShown(w, last.answer, sp.CreatorID), "subscriber_count"))
		for role, ids := range map[string][]string{
			"creator": {sp.CreatorID}, "host": sp.HostIDs, "speaker": sp.SpeakerIDs, "invited": sp.InvitedUserIDs,
		} {
			w.addEach("space_users", last.answer, "user_id", ids, cells("space_id", id, "role", role))
		}
		w.addEach("space_topics", last.answer, "topic_id", sp.TopicIDs, cells("space_id", id))
		wantSnapshots(w, id)
	})
	if got := len(w.tables["space_snapshots"]); got != w.served.SpaceSightings {
		w.t.Errorf("%d sightings of Spaces are wanted, and the server says it sent %d", got, w.served.SpaceSightings)
	}
	wantTopics(w)
	wantCollections(w)
	wantAbsences(w)
}

// subscribersShown: the count is for the creator, who has to ask.
func subscribersShown(w *wanted, a *answer, creator string) bool {
	return w.private && w.viewer(a) == creator
}

func wantSnapshots(w *wanted, id string) {
	sp := must(w, "space", id, w.world.Space)
	for _, s := range w.shown["space"][id] {
		r := cells("space_id", id, "observed_at", s.fetchedAt, "state", sp.State, "title", sp.Title,
			"participant_count", sp.ParticipantCount, "subscriber_count", sp.SubscriberCount,
			"host_count", len(sp.HostIDs), "speaker_count", len(sp.SpeakerIDs), "invited_count", len(sp.InvitedUserIDs))
		r.only(subscribersShown(w, s.answer, sp.CreatorID), "subscriber_count")
		// An empty list is not sent. That nobody spoke is known all the same;
		// whether nobody was invited is not.
		r.only(len(sp.InvitedUserIDs) > 0, "invited_count")
		w.add("space_snapshots", s.answer, r)
	}
}

// wantTopics are merged: whichever sighting leaves out the description, another
// has it. The lineage is that of the newest.
func wantTopics(w *wanted) {
	w.each("topic", func(id string, last sighting) {
		topic := must(w, "topic", id, w.world.Topic)
		w.addObject("topics", last.answer, cells("topic_id", topic.ID, "name", topic.Name, "description", topic.Description))
	})
}

// wantCollections are the buyers and tweets, which are claimed one by one over
// all pages.
func wantCollections(w *wanted) {
	for _, pair := range w.served.Buyers {
		space, user := pair[0], pair[1]
		w.add("space_users", lastPage(w, "buyers", space, "user", user), cells(
			"space_id", space, "user_id", user, "role", "buyer", "ordinal", slices.Index(w.world.Buyers(space), user)))
	}
	for _, pair := range w.served.SpaceTweets {
		space, tweet := pair[0], pair[1]
		w.add("space_tweets", lastPage(w, "tweets", space, "tweet", tweet), cells(
			"space_id", space, "tweet_id", tweet, "ordinal", slices.Index(w.world.SpaceTweets(space), tweet)))
	}
}

// lastPage is the newest page of a Space's collection with an object in data.
func lastPage(w *wanted, endpoint, space, kind, id string) *answer {
	for _, s := range w.shown[kind][id] {
		inData := slices.ContainsFunc(s.data, func(o wire) bool { return o.text("id") == id })
		if s.endpoint == endpoint && s.ids[0] == space && inData {
			return s.answer
		}
	}
	w.t.Fatalf("the server says it sent %s %s of Space %s and did not", endpoint, id, space)
	return nil
}

// wantAbsences are the ids that were asked for and that no Space has.
func wantAbsences(w *wanted) {
	for _, a := range w.tap.answers {
		if a.endpoint != "spaces" && a.endpoint != "space" {
			continue
		}
		for _, id := range a.ids {
			if _, ok := w.world.Space(id); !ok {
				w.add("space_absences", a, cells("space_id", id, "observed_at", a.fetchedAt))
			}
		}
	}
}
