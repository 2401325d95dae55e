package pipeline

import "github.com/spacesetl/spacesetl/schemas"

// lanes splits requests by what they wait for and keeps their order: a Fetcher
// that does not know has one lane.
func lanes(f Fetcher, requests []schemas.Request) [][]schemas.Request {
	by, ok := f.(schemas.Laned)
	if !ok {
		return [][]schemas.Request{requests}
	}
	var lanes [][]schemas.Request
	number := map[string]int{}
	for _, r := range requests {
		name := by.Lane(r)
		i, known := number[name]
		if !known {
			i = len(lanes)
			number[name] = i
			lanes = append(lanes, nil)
		}
		lanes[i] = append(lanes[i], r)
	}
	return lanes
}
