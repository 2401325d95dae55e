package schemas

// The forms of ids as the API publishes them. Usernames are up to 15
// characters by its words; a few older ones are longer.

// IsSpaceID reports whether id has the form of a Space id.
func IsSpaceID(id string) bool { return within(id, 13, letterOrDigit) }

// IsUserID reports whether id has the form of a user id.
func IsUserID(id string) bool { return within(id, 19, digit) }

// IsUsername reports whether name has the form of a username, without the @.
func IsUsername(name string) bool {
	return within(name, 50, func(c byte) bool { return letterOrDigit(c) || c == '_' })
}

// within reports whether id has 1 to most bytes, all of which are taken. Every
// object of a page passes here: a regular expression takes five times as long.
func within(id string, most int, takes func(byte) bool) bool {
	for i := range len(id) {
		if i >= most || !takes(id[i]) {
			return false
		}
	}
	return id != ""
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

func letterOrDigit(c byte) bool { return digit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// Takes reports whether a request to e can ask for id: what an answer calls an id
// need not be one.
func (e Endpoint) Takes(id string) bool {
	switch e {
	case Usernames:
		return IsUsername(id)
	case Creators, Users, Posts: // ids of tweets have the form of users'
		return IsUserID(id)
	}
	return IsSpaceID(id)
}

// Asks is the kind of what the ids of a request to e name: users, even by name,
// tweets or Spaces.
func (e Endpoint) Asks() Object {
	switch e {
	case Usernames, Creators, Users:
		return User
	case Posts:
		return Tweet
	}
	return Space
}

// Listed is the endpoint that asks for the same by a list of ids: Spaces are looked up
// by either of two.
func (e Endpoint) Listed() Endpoint {
	if e == SpaceByID {
		return Spaces
	}
	return e
}
