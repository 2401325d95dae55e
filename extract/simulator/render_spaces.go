package simulator

import "slices"

// space renders a Space and notes what its expansions bring in.
func (r *renderer) space(sp Space) object { return r.spaceAs(sp, r.shownID(sp)) }

// spaceAs renders a Space under any id.
func (r *renderer) spaceAs(sp Space, id any) object {
	f := r.writer(r.sel.space)
	f.value("id", id)
	f.value("state", sp.State)
	f.text("title", sp.Title)
	f.time("created_at", &sp.CreatedAt)
	f.time("scheduled_start", sp.ScheduledStart)
	f.time("started_at", sp.StartedAt)
	f.time("ended_at", sp.EndedAt)
	f.time("updated_at", &sp.UpdatedAt)
	f.value("lang", sp.Lang)
	f.bool("is_ticketed", &sp.IsTicketed)
	f.int("participant_count", &sp.ParticipantCount)
	if r.viewer == sp.CreatorID {
		f.int("subscriber_count", &sp.SubscriberCount)
	} else if r.s.config.FieldErrors && f.asked["subscriber_count"] {
		r.fail("subscriber_count"+sp.ID, fieldUnauthorized(kindSpace, sp.ID, "subscriber_count"))
	}
	r.spacePeople(f, sp)
	if r.twisted(FaultBadUserIDs, sp.ID) {
		r.spoil(f.out, sp.ID)
	}
	return f.out
}

// shownID is the id of a Space in an answer, which notes it.
func (r *renderer) shownID(sp Space) any {
	if !r.twisted(FaultBadSpaceIDs, sp.ID) || r.onlyExtra(sp.ID) {
		r.sightings = append(r.sightings, sighting{kindSpace, sp.ID})
		return sp.ID
	}
	return r.badSpace(sp.ID)
}

// onlyExtra: the rules that add Spaces need not spoil any.
func (r *renderer) onlyExtra(id string) bool {
	return !slices.ContainsFunc(r.ask.twists, func(rule *rule) bool { return rule.spoils(id) })
}

func (r *renderer) badSpace(id string) any {
	bad := badID(r.w.seed, id, "space", id+"abc") // 16 characters
	r.badSpaces = append(r.badSpaces, sighting{kindSpace, idText(bad)})
	return bad
}

// spoil puts ids that are none in the place of the creator and the last host
// and speaker.
func (r *renderer) spoil(o object, space string) {
	for i, m := range o {
		bad := badID(r.w.seed, space+m.key, "user", "12345678901234567890")
		switch m.key {
		case "creator_id":
			o[i].value = bad
		case "host_ids", "speaker_ids":
			o[i].value = lastReplaced(m.value, bad)
		default:
			continue
		}
		r.badUsers = append(r.badUsers, sighting{kindUser, idText(bad)})
	}
}

// lastReplaced is a value with ids, the last of which is another.
func lastReplaced(value, last any) any {
	var list []any
	switch v := value.(type) {
	case []string:
		for _, id := range v {
			list = append(list, id)
		}
	case []any:
		list = v
	}
	if len(list) == 0 {
		return last
	}
	list[len(list)-1] = last
	return list
}

func (r *renderer) spacePeople(f *fieldWriter, sp Space) {
	f.id("creator_id", &sp.CreatorID, "creator_id")
	f.ids("host_ids", sp.HostIDs, "host_ids")
	f.ids("speaker_ids", sp.SpeakerIDs, "speaker_ids")
	f.ids("invited_user_ids", sp.InvitedUserIDs, "invited_user_ids")
	f.ids("topic_ids", sp.TopicIDs, "topic_ids")
	r.wantUser("creator_id", sp.CreatorID)
	r.wantUsers("host_ids", sp.HostIDs)
	r.wantUsers("speaker_ids", sp.SpeakerIDs)
	r.wantUsers("invited_user_ids", sp.InvitedUserIDs)
	topicsAsked := r.asked("topic_ids") || f.asked["topic_ids"]
	if r.asked("topic_ids") {
		for _, id := range sp.TopicIDs {
			r.included[includeTopics].add(id)
		}
	}
	if topicsAsked && !r.sel.post && len(sp.TopicIDs) > 0 && r.q.sometimes(40) {
		f.always("topics", r.inlineTopics(sp.TopicIDs))
	}
}

// inlineTopics is the older way to show topics: inside the Space.
func (r *renderer) inlineTopics(ids []string) []object {
	if r.inlined == nil {
		r.inlined = map[string]bool{}
	}
	var list []object
	for _, id := range ids {
		r.inlined[id] = true
		index, _ := r.w.topicIndex(id)
		t := r.w.topic(index)
		o := obj("id", r.q.id(id), "name", t.Name)
		if t.Description != nil {
			o.add("description", *t.Description)
		}
		r.extras = append(r.extras, sighting{kindTopic, id})
		list = append(list, o)
	}
	return list
}

// topic leaves its description out when terse: an inline one told it.
func (r *renderer) topic(t Topic, terse bool) object {
	f := r.writer(r.sel.topic)
	f.id("id", &t.ID)
	f.value("name", t.Name)
	if !terse {
		f.text("description", t.Description)
	}
	return f.out
}
