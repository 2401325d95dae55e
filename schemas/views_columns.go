package schemas

import "slices"

// ViewColumn is a column of a view.
type ViewColumn struct {
	Name string
	Doc  string // meaning and unit
}

// notInViews are the columns of a table that v_spaces leaves out.
var notInViews = []string{"extras", "_run_id", "_page_id", "_fetched_at", ToldColumns, ToldLists}

// ownColumns are those of the table that v_spaces has.
func ownColumns() (columns []ViewColumn) {
	for _, c := range Lookup("spaces").Columns {
		if !slices.Contains(notInViews, c.Name) {
			columns = append(columns, ViewColumn{c.Name, c.Doc})
		}
	}
	return columns
}

func spacesColumns() []ViewColumn {
	columns := append(ownColumns(),
		ViewColumn{"status", "What became of it: live, scheduled, ended, cancelled (not known any more before its planned start, or said so), no_show (an hour after its planned start not begun) or gone (not known any more after it was live)."},
		ViewColumn{"status_at", "Since when: its start, its planned start if it is still to come or nobody came, its end, or when it was first not known any more; NULL where nobody said."},
		ViewColumn{"creator_username", "Handle of the creator; NULL when the account is not in users."},
		ViewColumn{"creator_name", "Display name of the creator."},
		ViewColumn{"topics", "Names of the topics in the order chosen, separated by commas; NULL when there are none."})
	for _, role := range roles() {
		if role != "creator" {
			columns = append(columns, ViewColumn{role + "_count", "People with the role " + role + "."})
		}
	}
	columns = append(columns,
		ViewColumn{"people_count", "People known in any role, each counted once. Listeners are never listed."},
		ViewColumn{"tweet_count", "Tweets shared that were fetched."},
		ViewColumn{"duration_minutes", "From actual start to actual end, in minutes; NULL before the end."},
		ViewColumn{"late_minutes", "From planned to actual start, in minutes, negative when early; NULL when not scheduled or not started."},
		ViewColumn{"max_participant_count", "Most people in the room at any sighting."},
		ViewColumn{"snapshot_count", "Sightings."})
	for _, p := range dateParts() {
		columns = append(columns, p.ViewColumn)
	}
	return columns
}

func peopleColumns() []ViewColumn {
	columns := []ViewColumn{
		{"space_id", "The Space."},
		{"user_id", "The person."},
		{"username", "Handle without @; NULL when the account is not in users."},
		{"name", "Display name."},
		{"roles", "Every role in the Space, separated by commas."},
	}
	for _, role := range roles() {
		columns = append(columns, ViewColumn{"is_" + role, "Whether the person has the role " + role + "."})
	}
	return append(columns,
		ViewColumn{"followers_count", "Followers when the account was last fetched."},
		ViewColumn{"verified_type", "blue, business, government or none; NULL when the account is not in users."})
}

func timelineColumns() []ViewColumn {
	return []ViewColumn{
		{"space_id", "The Space."},
		{"event_at", "When it happened."},
		{"event", "created, scheduled (the planned start), started, seen, tweet or ended."},
		{"detail", "Title of the Space; of seen the state, of tweet its text."},
		{"participant_count", "People in the room (seen)."},
		{"user_id", "The creator; of tweet its author."},
	}
}
