package simulator

import (
	"slices"
	"strings"
	"testing"
)

func TestDefaultsAloneWithoutFields(t *testing.T) {
	s := serve(t, Config{NoRateLimits: true})
	ids := s.SpaceIDs(20)
	r := s.get("/2/spaces", "ids", strings.Join(ids, ","))
	equal(t, "space keys", allKeys(r.data()), "id,state")
	equal(t, "top keys", keys(r.json), "data")
	for i, sp := range r.data() {
		equal(t, "order of ids", sp["id"], any(ids[i]))
	}
	r = s.get("/2/spaces/" + ids[0])
	equal(t, "single space keys", keys(r.json["data"].(map[string]any)), "id,state")
	r = s.get("/2/users", "ids", strings.Join(s.CreatorIDs(5), ","))
	equal(t, "user keys", allKeys(r.data()), "id,name,username")
	r = s.get("/2/spaces/" + s.SpaceIDs(2)[1] + "/tweets")
	equal(t, "tweet keys", allKeys(r.data()), "edit_history_tweet_ids,id,text")
}

func TestFieldsAsAsked(t *testing.T) {
	s := serve(t, Config{NoRateLimits: true})
	ids := strings.Join(s.SpaceIDs(100), ",")
	r := s.get("/2/spaces", "ids", ids, "space.fields", "title,lang,host_ids,subscriber_count")
	equal(t, "keys", allKeys(r.data()), "host_ids,id,lang,state,title")
	for _, sp := range r.data() {
		truth, ok := s.Space(sp["id"].(string))
		if title, shown := sp["title"]; !ok || shown != (truth.Title != nil) || shown && title != *truth.Title {
			t.Errorf("title of %v: got %v, want %v", sp["id"], title, truth.Title)
		}
	}
	r = s.get("/2/spaces", "ids", ids, "space.fields", join2(spaceScalars, spaceReferences))
	equal(t, "all keys", allKeys(r.data()), "created_at,creator_id,ended_at,host_ids,id,invited_user_ids,is_ticketed,lang,participant_count,scheduled_start,speaker_ids,started_at,state,title,topic_ids,updated_at")
	r = s.get("/2/users", "ids", strings.Join(s.CreatorIDs(100), ","), "user.fields", "url,pinned_tweet_id,public_metrics")
	equal(t, "user keys", allKeys(r.data()), "id,name,pinned_tweet_id,public_metrics,url,username")
	equal(t, "metrics", allKeys(objects(r.data()[0]["public_metrics"])), "followers_count,following_count,like_count,listed_count,tweet_count")
}

func join2(lists ...string) string { return strings.Join(lists, ",") }

func TestExpansionsAsAsked(t *testing.T) {
	s := serve(t, Config{NoRateLimits: true})
	ids := strings.Join(s.SpaceIDs(100), ",")
	r := s.get("/2/spaces", "ids", ids, "expansions", "speaker_ids,topic_ids", "user.fields", "verified", "topic.fields", "description")
	equal(t, "keys", allKeys(r.data()), "id,speaker_ids,state,topic_ids")
	equal(t, "user keys", allKeys(r.includes("users")), "id,name,username,verified")
	equal(t, "topic keys", allKeys(r.includes("topics")), "description,id,name")
	want := map[string]bool{}
	suspended := map[string]bool{}
	for _, id := range s.SpaceIDs(100) {
		sp, _ := s.Space(id)
		for _, user := range sp.SpeakerIDs {
			if s.Suspended(user) {
				suspended[user] = true
			} else {
				want[user] = true
			}
		}
	}
	equal(t, "users, once each", len(r.includes("users")), len(want))
	equal(t, "suspended users", len(r.problems()), len(suspended))
	for _, p := range r.problems() {
		equal(t, "parameter", p["parameter"], any("speaker_ids"))
		contains(t, "detail", p["detail"].(string), "User has been suspended: [")
	}
}

func TestTweetExpansions(t *testing.T) {
	s := serve(t, Config{NoRateLimits: true})
	path := "/2/spaces/" + s.SpaceIDs(2)[1] + "/tweets"
	all := join2(tweetExpansions, tweetTweetExpansions)
	r := s.get(path, "expansions", all, "tweet.fields", join2(tweetCommon, tweetTweetOnly),
		"media.fields", mediaFields, "poll.fields", pollFields, "place.fields", placeFields)
	for _, key := range []string{"users", "tweets", "media", "polls", "places"} {
		if len(r.includes(key)) == 0 {
			t.Errorf("no %s in includes", key)
		}
	}
	for _, key := range strings.Split("attachments,author_id,context_annotations,entities,geo,in_reply_to_user_id,note_tweet,public_metrics,referenced_tweets", ",") {
		contains(t, "keys", allKeys(r.data()), key)
	}
	r = s.get(path, "expansions", "attachments.poll_ids")
	equal(t, "keys", allKeys(r.data()), "attachments,edit_history_tweet_ids,id,text")
	for _, tw := range r.data() {
		if a, ok := tw["attachments"]; ok {
			equal(t, "attachments", keys(a.(map[string]any)), "poll_ids")
		}
	}
	equal(t, "poll keys", allKeys(r.includes("polls")), "id,options")
	equal(t, "users", len(r.includes("users")), 0)
}

func TestDialects(t *testing.T) {
	s := serve(t, Config{NoRateLimits: true})
	path := "/2/spaces/" + s.SpaceIDs(2)[1] + "/tweets"
	r := s.get(path, "post.fields", "note_post,public_metrics", "expansions", "referenced_posts,author_id,edit_history_post_ids", "user.fields", "public_metrics")
	equal(t, "post keys", allKeys(r.data()), "author_id,edit_history_post_ids,id,note_post,public_metrics,referenced_posts,text")
	contains(t, "metrics", allKeys(objects(r.data()[0]["public_metrics"])), "repost_count")
	contains(t, "user metrics", allKeys(objects(r.includes("users")[0]["public_metrics"])), "media_count,post_count")
	if len(r.includes("posts")) == 0 || len(r.includes("tweets")) != 0 {
		t.Errorf("includes: got posts %d, tweets %d", len(r.includes("posts")), len(r.includes("tweets")))
	}
	r = s.get(path, "tweet.fields", "note_tweet,author_id,referenced_tweets")
	equal(t, "tweet keys", allKeys(r.data()), "author_id,edit_history_tweet_ids,id,note_tweet,referenced_tweets,text")

	s = serve(t, Config{NoRateLimits: true, Dialect: "post"})
	ids := strings.Join(s.SpaceIDs(50), ",")
	r = s.get("/2/spaces", "ids", ids, "space.fields", "title,creator_id,host_ids", "expansions", "host_ids", "user.fields", "pinned_tweet_id")
	equal(t, "references come by expansion only", allKeys(r.data()), "host_ids,id,state,title")
	r = s.get("/2/users", "ids", strings.Join(s.CreatorIDs(90), ","), "expansions", "pinned_post_id,affiliation")
	equal(t, "user keys", allKeys(r.data()), "affiliation,id,name,pinned_post_id,username")
	r = s.get("/2/tweets", "ids", s.SpaceTweets(s.SpaceIDs(2)[1])[0], "tweet.fields", "lang")
	equal(t, "other dialect is ignored", allKeys(r.data()), "edit_history_post_ids,id,text")
}

func TestUnknownFieldWordings(t *testing.T) {
	for mode, want := range map[string]string{
		UnknownReject:        "The `space.fields` query parameter value [foo] is not one of [created_at,ended_at,",
		UnknownRejectIndexed: "invalid value 'foo' at index 1: value must be one of: [created_at ended_at ",
	} {
		s := serve(t, Config{UnknownFields: mode})
		r := s.get("/2/spaces", "ids", s.SpaceIDs(1)[0], "space.fields", "title,foo")
		equal(t, "status", r.status, 400)
		contains(t, mode, r.problems()[0]["message"].(string), want)
	}
	s := serve(t, Config{})
	r := s.get("/2/spaces", "ids", s.SpaceIDs(1)[0], "space.fields", "lang,foo", "expansions", "topics_ids")
	equal(t, "ignored", keys(r.data()[0]), "id,lang,state")
	s = serve(t, Config{UnknownFields: UnknownReject, SpaceFields: strings.Split(spaceScalars, ",")})
	r = s.get("/2/spaces", "ids", s.SpaceIDs(1)[0], "space.fields", "creator_id")
	equal(t, "twelve fields only", r.status, 400)
}

func TestPrivateFieldsNeedTheRightToken(t *testing.T) {
	s := serve(t, Config{NoRateLimits: true, UserTokens: map[string]string{"mine": ""}})
	creator, spaces := s.TicketedCreator()
	s.config.UserTokens["mine"] = creator
	r := s.getAs("mine", "/2/spaces/"+spaces[0], "space.fields", "subscriber_count")
	contains(t, "creator sees", keys(r.data()[0]), "subscriber_count")
	equal(t, "app sees", keys(s.get("/2/spaces/"+spaces[0], "space.fields", "subscriber_count").data()[0]), "id,state")
	r = s.getAs("mine", "/2/users/me", "user.fields", "confirmed_email,receives_your_dm")
	equal(t, "me", r.data()[0]["id"], any(creator))
	contains(t, "me", keys(r.data()[0]), "confirmed_email,id,name,receives_your_dm")
}

func TestGoneSpaces(t *testing.T) {
	for _, c := range []struct {
		config           Config
		single, problems int
	}{
		{Config{}, 200, 1},
		{Config{Missing: GoneOmit}, 200, 0},
		{Config{Missing: GoneNotFound}, 404, 1},
		{Config{Ended: GoneError}, 200, 2},
		{Config{Ended: GoneNotFound, Missing: GoneNotFound}, 404, 2},
	} {
		s := serve(t, c.config)
		ended, live, missing := s.SpaceIDsByState(stateEnded, 1)[0], s.SpaceIDsByState(stateLive, 1)[0], s.MissingSpaceIDs(1)[0]
		equal(t, "single missing", s.get("/2/spaces/"+missing).status, c.single)
		r := s.get("/2/spaces", "ids", join2(ended, live, missing))
		equal(t, "errors in list", len(r.problems()), c.problems)
		if !slices.ContainsFunc(r.data(), func(m map[string]any) bool { return m["id"] == live }) {
			t.Errorf("%+v: live space is missing", c.config)
		}
		if c.problems > 0 {
			last := r.problems()[c.problems-1]
			equal(t, "detail", last["detail"], any("Could not find space with ids: ["+missing+"]."))
		}
	}
}
