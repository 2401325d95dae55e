package transform

import (
	"testing"
	"time"
)

func TestTimesInEveryFormatSeen(t *testing.T) {
	for text, want := range map[string]string{
		"2021-07-06T18:40:40.000Z":       "2021-07-06T18:40:40Z",
		"2021-07-06T18:40:40Z":           "2021-07-06T18:40:40Z",
		"2021-7-14T04:35:55Z":            "2021-07-14T04:35:55Z",
		"2021-7-4T4:5:6Z":                "2021-07-04T04:05:06Z",
		"2022-08-21 09:35:20.311":        "2022-08-21T09:35:20.311Z",
		"2021-07-06T18:40:40-08:00":      "2021-07-07T02:40:40Z",
		"2021-07-06T18:40:40+0530":       "2021-07-06T13:10:40Z",
		"Wed Jan 06 18:40:40 +0000 2021": "2021-01-06T18:40:40Z",
		"2024-02-29T23:59:59.123456789Z": "2024-02-29T23:59:59.123456Z",
		"1969-12-31T23:59:59Z":           "1969-12-31T23:59:59Z",
	} {
		got, ok := parseTime([]byte(text))
		if shown := time.UnixMicro(got).UTC().Format("2006-01-02T15:04:05.999999Z"); !ok || shown != want {
			t.Errorf("%q: got %s %v, want %s", text, shown, ok, want)
		}
	}
	for _, text := range []string{"soon", "2021-02-29T00:00:00Z", "2021-13-01T00:00:00Z", "2021-07-06", "2021-07-06T25:00:00Z", "2021-07-06T18:40:40X", "21-07-06T18:40:40Z", "2021-07-06T18:40:40.Z"} {
		if got, ok := parseTime([]byte(text)); ok {
			t.Errorf("%q: read as %d, want unreadable", text, got)
		}
	}
}

func TestNumbersAndBooleansAsText(t *testing.T) {
	for text, want := range map[string]int64{"0": 0, "-7": -7, "10.0": 10, "10.000": 10, "1e3": 1000, "9223372036854775807": 1<<63 - 1} {
		if got, ok := parseInt([]byte(text)); !ok || got != want {
			t.Errorf("%q: got %d %v, want %d", text, got, ok, want)
		}
	}
	for _, text := range []string{"10.5", "ten", "9223372036854775808", "1e400", "0x10", "1_000", "."} {
		if got, ok := parseInt([]byte(text)); ok {
			t.Errorf("%q: read as %d, want unreadable", text, got)
		}
	}
	for text, want := range map[string]bool{"true": true, "TRUE": true, "1": true, "false": false, "False": false, "0": false} {
		if got, ok := parseBool([]byte(text)); !ok || got != want {
			t.Errorf("%q: got %v %v, want %v", text, got, ok, want)
		}
	}
	if _, ok := parseBool([]byte("yes")); ok {
		t.Error(`"yes" was read as a boolean`)
	}
}
