package observe

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/schemas"
)

// shown is a run in the middle of a wave, and what else it shows.
func shown() state {
	return state{
		Progress: pipeline.Progress{Seq: 7, Phase: pipeline.FetchPhase, Wave: 2, Done: 120, Total: 400, Pages: 3310, Low: 1_200_000, High: 4_500_000},
		now:      noon, windows: []extract.Window{
			{Endpoint: schemas.Users, Limit: 300, Remaining: 12, Reset: noon}, {Endpoint: schemas.Tweets, Limit: 100, Remaining: 5, Reset: noon},
		},
	}
}

func TestTheLiveLine(t *testing.T) {
	wait, retry, loading, publishing := shown(), shown(), shown(), shown()
	wait.waits = []Wait{{Endpoint: schemas.Users, Until: noon.Add(3*time.Minute + 12*time.Second)}}
	retry.waits = []Wait{{Endpoint: schemas.Tweets, Retry: true, Until: noon.Add(9 * time.Second)}}
	loading.Phase, loading.Rows = pipeline.LoadPhase, 1234567
	publishing.Phase, publishing.Done, publishing.Total = pipeline.PublishPhase, 1, 1
	for _, c := range []struct {
		width int
		state state
		want  string
	}{
		{100, shown(), "wave 2  30% [========>                     ] (120/400) users: 12 left, 3,310 pages, $1.20-$4.50"},
		{80, shown(), "wave 2  30% [===>          ] (120/400) users: 12 left, 3,310 pages, $1.20-$4.50"},
		{80, wait, "wave 2  30% [==>        ] (120/400) waiting for users window 03:12, 3,310 pages"},
		{80, retry, "wave 2  30% [==>          ] (120/400) trying tweets again in 00:09, 3,310 pages"},
		{40, shown(), "wave 2  30% [===>          ] (120/400)"},
		{20, shown(), "wave 2 120/400"},
		{8, shown(), "wave 2 "},
		{80, loading, "loading  30% [========>                     ] (120/400) 1,234,567 rows"},
		{80, publishing, "publishing 100% [==============================] (1/1) 0 rows"},
	} {
		if got := c.state.line(c.width); got != c.want || len(got) >= c.width {
			t.Errorf("in %d columns: got\n%q, want\n%q", c.width, got, c.want)
		}
	}
	for width := 1; width < 200; width++ {
		for _, s := range []state{shown(), wait, retry, loading, publishing} {
			if got := s.line(width); len(got) >= width {
				t.Fatalf("in %d columns: %q", width, got)
			}
		}
	}
}

// What a pipe gets has no control byte, whatever is asked for.
func TestAPipeGetsLines(t *testing.T) {
	for _, mode := range append(Progresses, "") {
		for _, format := range Formats {
			o, out := observer(t, Options{Progress: mode, Format: format})
			o.Start(t.Context())
			for seq, done := range []int{100, 400} {
				p := fetching()
				p.Seq, p.Done = int64(seq+1), done
				o.Progress(p)
				o.tick(noon)
				o.Log().Info("a line")
			}
			o.Clear()
			o.Stop()
			if strings.ContainsAny(out.String(), "\x1b\r\b") {
				t.Errorf("--progress %s: %q", mode, out.String())
			}
			if got, want := strings.Contains(out.String(), "progress"), mode != "none"; got != want {
				t.Errorf("--progress %s: told %t, want %t: %s", mode, got, want, out.String())
			}
		}
	}
}

func TestAWaveThatEndedIsToldOnceAndAtOnce(t *testing.T) {
	o, out := observer(t, Options{Progress: "log", Format: "text"})
	p := fetching()
	o.Progress(p)
	for range 3 {
		p.Seq, p.Done = p.Seq+1, p.Total
		o.Progress(p)
	}
	o.Progress(pipeline.Progress{Seq: 1, Phase: pipeline.FetchPhase, Wave: 1, Done: 1, Total: 1}) // late
	want := `level=INFO msg=progress phase=fetch wave=2 done=400 total=400 pages=3310 fetched=310 usd_low=1.2 usd_high=4.5`
	if strings.Count(out.String(), "\n") != 1 || !strings.Contains(out.String(), want) {
		t.Errorf("got\n%s\nwant one line with\n%s", out.String(), want)
	}
}

// A wait of a quarter of an hour is a few lines, not one every 30 seconds.
func TestTheLogIsQuietWhileARunWaits(t *testing.T) {
	o, out := observer(t, Options{Progress: "log", Format: "text"})
	o.Progress(fetching())
	o.Event(extract.Event{Kind: extract.EventWait, Endpoint: schemas.Tweets, Until: noon.Add(14 * time.Minute)})
	for at := time.Duration(0); at < time.Hour; at += logEvery {
		o.tick(noon.Add(at))
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 5 || strings.Contains(lines[4], "waiting_for") {
		t.Errorf("want the wait's line, one at once, those after 5 and 10 minutes, and one of its end; got\n%s", out.String())
	}
	for _, line := range lines[1:4] {
		if !strings.Contains(line, "msg=progress") || !strings.Contains(line, "waiting_for=tweets until=2026-11-22T12:14:00.000Z") {
			t.Errorf("got %s", line)
		}
	}
	p := fetching()
	p.Seq, p.Done = p.Seq+1, p.Done+1
	o.Progress(p)
	out.Reset()
	o.tick(noon.Add(time.Hour + logEvery))
	if strings.Count(out.String(), "done=121") != 1 {
		t.Errorf("when it goes on: %s", out.String())
	}
}

// The fields of a report are a contract: they can only grow.
func TestTheReportAsJSON(t *testing.T) {
	o, out := observer(t, Options{Progress: "json"})
	o.Run("20261122T120000Z-abcdef")
	o.Source(Source{Windows: func() []extract.Window {
		return []extract.Window{{Endpoint: schemas.Tweets, Token: "app-only token (a)", Limit: 100, Remaining: 5, Reset: noon.UTC()}}
	}})
	o.Progress(fetching())
	o.Event(extract.Event{Kind: extract.EventWait, Endpoint: schemas.Tweets, Token: "app-only token (a)", Until: noon.Add(time.Minute)})
	out.Reset()
	o.tick(noon)
	want := `{"type":"progress","time":"2026-11-22T12:00:00Z","run":"20261122T120000Z-abcdef","phase":"fetch","wave":2,"done":120,"total":400,` +
		`"pages":3310,"fetched":310,"bytes":0,"objects":0,"usd_low":1.2,"usd_high":4.5,"rows":0,` +
		`"windows":[{"endpoint":"tweets","token":"app-only token (a)","limit":100,"remaining":5,"reset":"2026-11-22T12:00:00Z"}],` +
		`"waits":[{"endpoint":"tweets","token":"app-only token (a)","until":"2026-11-22T12:01:00Z"}]}` + "\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
	var r Report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil || r.USDHigh != 4_500_000 {
		t.Errorf("read back: %+v, %v", r, err)
	}
	o.tick(noon.Add(2 * time.Minute)) // the wait's end
	out.Reset()
	o.tick(noon.Add(3 * time.Minute))
	if out.Len() > 0 {
		t.Errorf("nothing is new, and it tells %s", out.String())
	}
}

// fetching is a run in the middle of a wave.
func fetching() pipeline.Progress {
	return pipeline.Progress{Seq: 7, Phase: pipeline.FetchPhase, Wave: 2, Done: 120, Total: 400, Pages: 3310, Fetched: 310, Low: 1_200_000, High: 4_500_000}
}
