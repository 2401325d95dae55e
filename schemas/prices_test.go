package schemas

import (
	"encoding/json"
	"testing"
)

func TestMoneyIsExact(t *testing.T) {
	for text, want := range map[string]Money{"5": 5 * Dollar, "0.005": 5000, "$12.50": 12_500_000, ".5": 500_000, "0": 0, "1.000000": Dollar} {
		if got, err := ParseMoney(text); err != nil || got != want {
			t.Errorf("ParseMoney(%q) = %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "x", "-1", "1e3", "0.0000001", "1.2.3", "100000000", "9999999999999", "+1", "1.-5"} {
		if got, err := ParseMoney(text); err == nil {
			t.Errorf("ParseMoney(%q) = %d, want an error", text, got)
		}
	}
	for m, want := range map[Money]string{0: "$0.00", 5000: "$0.005", 12_500_000: "$12.50", 1: "$0.000001", -Dollar: "-$1.00"} {
		if got := m.String(); got != want {
			t.Errorf("%d is %s, want %s", int64(m), got, want)
		}
	}
	for _, m := range []Money{0, 1, 5000, 12_340_000, 7 * Dollar} {
		text, err := json.Marshal(m)
		var back Money
		if err == nil {
			err = json.Unmarshal(text, &back)
		}
		if err != nil || back != m {
			t.Errorf("%d became %s and %d: %v", int64(m), text, int64(back), err)
		}
	}
}

// Every expansion of a person or a tweet has a bound, or a budget could not
// reserve what it costs.
func TestEveryExpansionHasABound(t *testing.T) {
	free := map[string]bool{
		"topic_ids": true, "article.cover_media": true, "article.media_entities": true, "attachments.media_keys": true,
		"attachments.poll_ids": true, "geo.place_id": true, "referenced_tweets.id.attachments.media_keys": true,
	}
	for _, spec := range Specs() {
		for _, d := range []Dialect{TweetDialect, PostDialect} {
			for _, name := range Expansions(spec.Endpoint, d) {
				if _, ok := brings[name]; ok == free[name] {
					t.Errorf("%s: bounded %v, free of charge %v; want one of both", name, ok, free[name])
				}
			}
		}
	}
}
