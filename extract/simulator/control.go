package simulator

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// WorldReport says how large the world is.
type WorldReport struct {
	Seed     uint64         `json:"seed"`
	Spaces   int            `json:"spaces"`
	Users    int            `json:"users"`
	Creators int            `json:"creators"`
	Topics   int            `json:"topics"`
	States   map[string]int `json:"states"` // Spaces by state
	Ticketed int            `json:"ticketed"`
	Tweeted  int            `json:"tweeted"` // Spaces with tweets
}

// World counts the Spaces one by one, which takes up to a tenth of a second.
func (s *Simulator) World() WorldReport {
	w := s.world
	r := WorldReport{Seed: w.seed, Spaces: int(w.spaces), Users: int(w.users), Creators: int(w.creators),
		Topics: topicCount, States: map[string]int{}}
	for index := range w.spaces {
		r.States[s.stateNow(index)]++
		if w.ticketed(index) {
			r.Ticketed++
		}
		if w.tweetCount(index) > 0 {
			r.Tweeted++
		}
	}
	return r
}

// control serves /_sim/: what the server knows and a real one would not tell.
func (s *Simulator) control(w http.ResponseWriter, req *http.Request) {
	name := strings.TrimPrefix(req.URL.Path, "/_sim/")
	if name == "reset" && req.Method == http.MethodPost {
		s.Reset()
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if req.Method != http.MethodGet {
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	value, ok := s.report(name)
	if !ok {
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	body, err := json.Marshal(value)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body)
}

func (s *Simulator) report(name string) (any, bool) {
	switch name {
	case "requests":
		return s.Requests(), true
	case "world":
		return s.World(), true
	case "served":
		return s.Served(), true
	case "billing":
		return s.Billing(), true
	}
	parts := strings.Split(name, "/")
	if len(parts) != 3 || parts[0] != "object" {
		return nil, false
	}
	return s.object(parts[1], parts[2])
}

// object is the truth about one thing.
func (s *Simulator) object(kind, id string) (any, bool) {
	switch kind {
	case kindSpace:
		return found(s.Space(id))
	case kindUser:
		return found(s.User(id))
	case kindTopic:
		return found(s.Topic(id))
	case kindTweet:
		return found(s.Tweet(id))
	case kindMedia:
		return found(s.Media(id))
	case kindPoll:
		return found(s.Poll(id))
	case kindPlace:
		return found(s.Place(id))
	}
	return nil, false
}

func found[T any](v T, ok bool) (any, bool) { return v, ok }
