package simulator

// showUser renders a user of data, or notes why there is none.
func (c *call) showUser(list []object, param, asked string, index uint64, ok bool) []object {
	switch {
	case !ok:
		c.fail(asked, notFound(kindUser, param, asked))
	case c.w.suspended(index):
		c.fail(asked, suspendedUser(param, asked))
	default:
		list = append(list, c.mainUser(c.s.userNow(index)))
	}
	return list
}

func (c *call) usersByID() (any, object, *failure) {
	ids, fail := c.members("ids", validNumber)
	if fail != nil {
		return nil, nil, fail
	}
	var list []object
	for _, id := range ids {
		index, ok := c.w.userIndex(id)
		list = c.showUser(list, "ids", id, index, ok)
	}
	return rows(list), nil, nil
}

func (c *call) usersByName() (any, object, *failure) {
	names, fail := c.members("usernames", validUsername)
	if fail != nil {
		return nil, nil, fail
	}
	var list []object
	for _, name := range names {
		index, ok := c.w.usernameIndex(name)
		list = c.showUser(list, "usernames", name, index, ok)
	}
	return rows(list), nil, nil
}

func (c *call) userByName() (any, object, *failure) {
	if !validUsername(c.path) {
		return nil, nil, notValid("username", c.path)
	}
	index, ok := c.w.usernameIndex(c.path)
	return single(c.showUser(nil, "username", c.path, index, ok)), nil, nil
}

func (c *call) me() (any, object, *failure) {
	index, ok := c.w.userIndex(c.viewer)
	return single(c.showUser(nil, "id", c.viewer, index, ok)), nil, nil
}

// single is the first of a list as data.
func single(list []object) any {
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

func (c *call) tweetsByID() (any, object, *failure) {
	ids, fail := c.members("ids", validNumber)
	if fail != nil {
		return nil, nil, fail
	}
	var list []object
	for _, id := range ids {
		s, ok := c.w.tweetSpot(id)
		switch {
		case !ok || c.w.availability(s) == deleted:
			c.fail(id, notFound(kindTweet, "ids", id))
		case c.w.availability(s) == hidden:
			c.fail(id, notAuthorized(kindTweet, "ids", id))
		default:
			list = append(list, c.mainTweet(c.s.tweetNow(s)))
		}
	}
	return rows(list), obj("result_count", len(list)), nil
}
