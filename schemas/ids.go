package schemas

import "regexp"

// The forms of ids as the API publishes them. Usernames are up to 15
// characters by its words; a few older ones are longer.
var (
	spaceID  = regexp.MustCompile(`^[a-zA-Z0-9]{1,13}$`)
	userID   = regexp.MustCompile(`^[0-9]{1,19}$`)
	username = regexp.MustCompile(`^[A-Za-z0-9_]{1,50}$`)
)

// IsSpaceID reports whether id has the form of a Space id.
func IsSpaceID(id string) bool { return spaceID.MatchString(id) }

// IsUserID reports whether id has the form of a user id.
func IsUserID(id string) bool { return userID.MatchString(id) }

// IsUsername reports whether name has the form of a username, without the @.
func IsUsername(name string) bool { return username.MatchString(name) }

// Takes reports whether a request to e can ask for id: what an answer calls an id
// need not be one.
func (e Endpoint) Takes(id string) bool {
	switch e {
	case Usernames:
		return IsUsername(id)
	case Creators, Users:
		return IsUserID(id)
	}
	return IsSpaceID(id)
}
