package interop

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/pipeline/forecast"
	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/pipeline/report"
	"github.com/spacesetl/spacesetl/schemas"
)

// A store that an hourly job leaves, opened in Chromium from disk: nothing
// complains, nothing is asked of a network, and the page says what an
// independent look at the database says.
func TestReportInChromium(t *testing.T) {
	b := newQuietTab(t)
	s := newStory(t, simulator.Config{Spaces: 200, Quirks: true, Evolve: true, EvolveOver: 20 * time.Hour, Limits: map[string]int{"tweets": 60}})
	plan := s.everything()
	s.run(plan)
	plan.Tweets, plan.Buyers = false, false
	for range 3 {
		s.pass(3 * time.Hour)
		s.run(plan)
	}
	runs, err := s.store.Runs()
	s.must(err)
	path := filepath.Join(t.TempDir(), "report.html")
	made, err := report.Make(t.Context(), report.Config{
		Store: s.store, RunID: runs[0], Now: s.peek(), Version: "test",
		Budget:   money.Budget{Run: 100 * schemas.Dollar, Day: 10 * schemas.Dollar},
		Expected: forecast.MoneyRange{Low: schemas.Dollar, High: 90 * schemas.Dollar},
	})
	s.must(err)
	s.must(made.WriteFile(path))
	url, db := "file://"+path, s.database()

	b.do(screen(1280, 900, 1), chromedp.Navigate(url), chromedp.WaitVisible(chromedp.CSS(".drawing")))
	b.quiet(url)
	for _, part := range []struct {
		name string
		test func(*testing.T, *tab)
	}{
		{"numbers", func(t *testing.T, b *tab) { numbersAgree(t, b, db, runs[0]) }},
		{"strangers' words", func(t *testing.T, b *tab) { wordsStayWords(t, b, db) }},
		{"charts", chartsAreDrawn}, {"pointer", pointerIsTold},
		{"names", everythingHasAName},
		{"colours", coloursCanBeRead},
		{"phone", phoneNeedsNoSidewaysScroll},
		{"print", printShowsTheTables},
		{"no script", func(t *testing.T, b *tab) { scriptIsNotNeeded(t, b, url) }},
	} {
		t.Run(part.name, func(t *testing.T) {
			part.test(t, &tab{t, b.ctx})
		})
	}
	b.do(command(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: false}), chromedp.Navigate(url), chromedp.WaitVisible(chromedp.CSS(".drawing")))
	b.quiet(url)
}

// screen sets the size of the window, in CSS pixels of so many of the screen.
func screen(width, height int64, pixels float64) chromedp.Action[chromedp.Void] {
	return command(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: pixels, Mobile: width < 500})
}

// tableOf is a JavaScript expression: the rows of a panel's table as texts of
// some cells, joined by a bar.
func tableOf(panel string, cells ...int) string {
	return fmt.Sprintf(`[...document.querySelectorAll('#%s tbody tr')].map(r => %s.map(i => r.cells[i].textContent.trim()).join('|'))`,
		panel, strings.ReplaceAll(fmt.Sprint(cells), " ", ","))
}

func numbersAgree(t *testing.T, b *tab, db *sql.DB, run string) {
	inRun := "_run_id = '" + run + "'"
	for _, c := range []struct{ what, got, want string }{
		{"pages and requests", tableOf("timeline", 0, 2, 3), "SELECT endpoint || '|' || count(*) || '|' || sum(attempts) FROM api_requests WHERE " + inRun + " GROUP BY endpoint, account ORDER BY min(_fetched_at), endpoint"},
		{"found", tableOf("found", 0, 2) + `.map(r => r.replace(/ .*|,/g, ''))`, "SELECT endpoint || '|' || sum(data_count) FROM api_requests WHERE " + inRun + " GROUP BY endpoint ORDER BY list_position(['me','usernames','creators','search','spaces','space','tweets','buyers','users'], endpoint)"},
		{"Spaces asked for and not there", tableOf("found", 0, 3) + `.filter(r => r.startsWith('spaces|'))`, "SELECT 'spaces|' || count(*) FROM space_absences WHERE " + inRun},
		{"what was not given", tableOf("problems", 4) + `.slice(0, 3)`, "SELECT count(*)::VARCHAR FROM api_errors WHERE " + inRun + " GROUP BY endpoint, kind, resource_type, problem, parameter ORDER BY count(*) DESC LIMIT 3"},
		{"the high end", tableOf("cost", 0, 5), `SELECT endpoint || '|$' || printf('%.2f', (ceil(round(sum((CASE WHEN endpoint IN ('tweets') THEN data_count * 0.005 WHEN endpoint IN ('me', 'usernames', 'users', 'buyers') THEN data_count * 0.01 ELSE data_count * 0.005 END)
			+ coalesce(user_count, 0) * 0.01 + coalesce(tweet_count, 0) * 0.005) * 100, 6)) / 100)::DOUBLE) FROM api_requests WHERE ` + inRun + ` GROUP BY endpoint ORDER BY endpoint`},
		{"rows", tableOf("rows", 0, 1) + `.filter(r => /^(api_requests|api_errors|runs)\|/.test(r)).sort()`, "SELECT n FROM (SELECT 'api_requests|' || count(*) AS n FROM api_requests WHERE " + inRun + " UNION ALL SELECT 'api_errors|' || count(*) FROM api_errors WHERE " + inRun + " UNION ALL SELECT 'runs|1') ORDER BY n"},
		{"runs", tableOf("runs", 4), "SELECT pages::VARCHAR FROM runs ORDER BY _run_id DESC"},
		{"people over time", tableOf("looks", 1, 2), "SELECT count(*) || '|' || printf('%,d', sum(n)) FROM (SELECT _run_id, space_id, last(participant_count ORDER BY observed_at) AS n, last(state ORDER BY observed_at) AS s FROM space_snapshots GROUP BY ALL) WHERE s = 'live' GROUP BY _run_id ORDER BY _run_id DESC"},
		{"the liveliest", tableOf("participants", 1), "SELECT printf('%,d', max(participant_count)) FROM space_snapshots WHERE state = 'live' GROUP BY space_id ORDER BY max(participant_count) DESC LIMIT 15"},
		{"live", tableOf("live-now", 2), "SELECT printf('%,d', participant_count) FROM spaces WHERE state = 'live' AND unavailable_at IS NULL AND last_seen_at >= (SELECT max(started_at) FROM runs) ORDER BY participant_count DESC LIMIT 15"},
		{"hours", tableOf("hours", 1), "SELECT (SELECT count(*) FROM spaces WHERE extract('hour' FROM started_at AT TIME ZONE 'UTC') = h)::VARCHAR FROM range(24) AS hours(h) ORDER BY h"},
		{"Mondays", `[String([...document.querySelectorAll('#week tbody tr')].reduce((n, r) => n + Number(r.cells[1].textContent), 0))]`, "SELECT count(*)::VARCHAR FROM spaces WHERE dayname(started_at AT TIME ZONE 'UTC') = 'Monday'"},
		{"hosts", tableOf("hosts", 2, 3), "SELECT printf('%,d', sum(coalesce(m, 0))::BIGINT) || '|' || count(*) FROM (SELECT user_id, space_id, is_creator FROM v_space_people WHERE is_creator OR is_host) LEFT JOIN (SELECT space_id, max(participant_count) AS m FROM space_snapshots GROUP BY space_id) USING (space_id) GROUP BY user_id ORDER BY sum(coalesce(m, 0)) DESC, sum((is_creator)::INT) DESC, count(*) DESC, user_id LIMIT 15"},
		{"speakers", tableOf("speakers", 2), "SELECT count(DISTINCT space_id)::VARCHAR FROM v_space_people WHERE is_speaker GROUP BY user_id ORDER BY count(DISTINCT space_id) DESC LIMIT 15"},
		{"topics", tableOf("topics", 0, 1) + `.sort()`, "SELECT * FROM (SELECT name || '|' || count(*) AS t FROM spaces JOIN space_topics USING (space_id) JOIN topics USING (topic_id) GROUP BY topic_id, name ORDER BY count(*) DESC, name LIMIT 15) ORDER BY t"},
		{"languages", tableOf("languages", 1), "SELECT count(*)::VARCHAR FROM spaces GROUP BY lang ORDER BY count(*) DESC, lang"},
		{"the first screen", `[...document.querySelectorAll('.headlines dd')].map(e => e.textContent).filter((_, i) => i === 1 || i === 2).map(t => t.match(/by @[A-Za-z0-9_]+/)[0])`, "SELECT 'by @' || username FROM ((SELECT 1 AS n, creator_id FROM spaces JOIN space_snapshots USING (space_id) ORDER BY space_snapshots.participant_count DESC, space_id LIMIT 1) UNION ALL (SELECT 2, creator_id FROM spaces ORDER BY created_at DESC, space_id LIMIT 1)) JOIN users ON user_id = creator_id ORDER BY n"},
		{"who speaks again", `[document.querySelector('#returning .lead').textContent.match(/^[0-9,]+ of [0-9,]+/)[0]]`, "SELECT count(*) FILTER (n > 1) || ' of ' || count(*) FROM (SELECT count(DISTINCT space_id) AS n FROM space_users WHERE role = 'speaker' GROUP BY user_id)"},
		{"no-shows", `[document.querySelector('#no-shows .lead').textContent.match(/^[0-9]+/)[0]]`, "SELECT count(*)::VARCHAR FROM spaces WHERE state = 'scheduled' AND coalesce(unavailable_at, last_seen_at) - scheduled_start >= INTERVAL 1 HOUR"},
		{"no-shows listed", tableOf("no-shows", 0) + `.map(t => t.replace('untitled ', ''))`, "SELECT coalesce(left(title, 120), space_id) FROM spaces WHERE state = 'scheduled' AND coalesce(unavailable_at, last_seen_at) - scheduled_start >= INTERVAL 1 HOUR ORDER BY scheduled_start DESC, space_id LIMIT 15"},
		{"states", tableOf("states", 0, 1), `SELECT status || '|' || count(*) FROM (SELECT CASE
			WHEN state = 'scheduled' AND coalesce(unavailable_at, last_seen_at) - scheduled_start >= INTERVAL 1 HOUR THEN 'no_show'
			WHEN state = 'scheduled' AND unavailable_at IS NOT NULL THEN 'cancelled'
			WHEN state = 'live' AND unavailable_at IS NOT NULL THEN 'gone' ELSE state END AS status FROM spaces) GROUP BY status ORDER BY count(*) DESC, status`},
		{"who speaks with whom", tableOf("network", 2) + `.slice(0, 3)`, "WITH s AS (SELECT DISTINCT space_id, user_id FROM v_space_people WHERE is_creator OR is_host OR is_speaker) SELECT count(*)::VARCHAR FROM s AS a, s AS b WHERE a.space_id = b.space_id AND a.user_id < b.user_id GROUP BY a.user_id, b.user_id ORDER BY count(*) DESC LIMIT 3"},
		{"Spaces in the store", `[document.querySelector('.tiles .detail').textContent.match(/, ([0-9,]+) in the store/)[1]]`, "SELECT count(*)::VARCHAR FROM spaces"},
	} {
		if got, want := value[[]string](b, c.got), column(t, db, c.want); !slices.Equal(got, want) {
			t.Errorf("%s:\n got %q\nwant %q", c.what, got, want)
		}
	}
	if waits := value[int](b, `JSON.parse(document.getElementById('charts').textContent).find(c => c.id === 'timeline').data.waits.length`); waits == 0 {
		t.Error("the run waited for a rate window, and no wait is drawn")
	}
}

// Titles stand on the page letter by letter, and none did anything.
func wordsStayWords(t *testing.T, b *tab, db *sql.DB) {
	got := value[[]string](b, `[...document.querySelectorAll('#newest tbody tr')].map(r => r.cells[0].textContent)`)
	want := column(t, db, "SELECT coalesce(left(title, 120), 'untitled ' || space_id) FROM spaces ORDER BY created_at DESC, space_id LIMIT 15")
	if !slices.Equal(got, want) {
		t.Errorf("titles:\n got %q\nwant %q", got, want)
	}
	drawn := value[[]string](b, `JSON.parse(document.getElementById('charts').textContent).find(c => c.id === 'participants').data.lines.map(l => l.name)`)
	if legend := value[[]string](b, `[...document.querySelectorAll('#participants .legend .name')].map(n => n.textContent)`); !slices.Equal(legend, drawn) || len(legend) == 0 {
		t.Errorf("names of lines: got %q, want %q", legend, drawn)
	}
	shown := strings.Join(append(value[[]string](b, `[...document.querySelectorAll('#spaces tbody th, .headlines a')].map(e => e.textContent)`), append(got, drawn...)...), "\n")
	for _, title := range titles {
		if !strings.Contains(shown, title[:min(len(title), 100)]) {
			t.Errorf("no Space on the page is called %q: the test does not test it", title)
		}
	}
	if n := value[int](b, `document.querySelectorAll('script').length * 100 + document.querySelectorAll('img, [onerror]').length`); n != 200 {
		t.Errorf("scripts and pictures: got %d, want two scripts (200)", n)
	}
}

// show goes to a part of the page.
func (b *tab) show(part string) {
	b.Helper()
	b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.hash = '#`+part+`'`))
		return err
	}))
	run(b, chromedp.Poll[bool](`document.querySelector('#`+part+`').checkVisibility()`))
}

// chartsAreDrawn looks at both pages: one that is not shown is drawn when it is.
func chartsAreDrawn(t *testing.T, b *tab) {
	b.show("machine")
	run(b, chromedp.Poll[bool](`document.querySelectorAll('.chart svg').length === document.querySelectorAll('.chart').length`))
	defer b.show("spaces")
	for _, c := range []struct {
		panel, marks string
		least        int
	}{
		{"looks", "path", 1}, {"participants", "path", 4}, {"hours", "rect", 24}, {"timeline", "rect", 12}, {"cost", "rect", 8}, {"rows", "rect", 10}, {"drift", "rect", 3},
		{"topics", "rect", 15}, {"hosts", "rect", 15}, {"speakers", "rect", 15}, {"languages", "rect", 3}, {"states", "rect", 2}, {"network", "circle", 20},
	} {
		if n := value[int](b, fmt.Sprintf(`document.querySelectorAll('#chart-%s svg %s').length`, c.panel, c.marks)); n < c.least {
			t.Errorf("chart %s has %d of %s, want %d or more", c.panel, n, c.marks, c.least)
		}
	}
	if bad := value[[]string](b, `[...document.querySelectorAll('.chart')].filter(c => /NaN|undefined/.test(c.innerHTML)).map(c => c.id)`); len(bad) > 0 {
		t.Errorf("charts with a number that is none: %q", bad)
	}
}

// pointerIsTold looks at what stands beside the pointer on a chart.
func pointerIsTold(t *testing.T, b *tab) {
	at := value[[2]float64](b, `(c => { c.scrollIntoView({ block: 'center', behavior: 'instant' }); const r = c.querySelector('circle').getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })(document.querySelector('#chart-network'))`)
	b.do(chromedp.MouseEvent(chromedp.MouseMoved, at[0]-3, at[1]), chromedp.MouseEvent(chromedp.MouseMoved, at[0], at[1]))
	told := run(b, chromedp.Poll[string](`document.querySelector('#chart-network [aria-label=tip] text')?.textContent`))
	if !strings.Contains(told, "Space") || !strings.Contains(told, "spoke with") {
		t.Errorf("beside the pointer stands %q, want a person with the number of Spaces", told)
	}
}

// everythingHasAName looks at the tree that screen readers are given.
func everythingHasAName(t *testing.T, b *tab) {
	for _, page := range []string{"machine", "spaces"} {
		b.show(page)
		namesOf(t, b, page)
	}
	if n := value[int](b, `[...document.querySelectorAll('table')].filter(t => !t.caption || !t.tHead || [...t.tBodies[0].rows].some(r => r.cells[0].scope !== 'row')).length`); n > 0 {
		t.Errorf("%d tables without a caption or heads", n)
	}
	if lang := value[string](b, `document.documentElement.lang`); lang != "en" {
		t.Errorf("language %q, want en", lang)
	}
	if n := value[int](b, `(ids => ids.length - new Set(ids).size)([...document.querySelectorAll('[id]')].map(e => e.id))`); n > 0 {
		t.Errorf("%d ids stand twice", n)
	}
	if broken := value[[]string](b, `[...document.querySelectorAll('a[href^="#"]')].map(a => a.getAttribute('href')).filter(h => !document.querySelector(h))`); len(broken) > 0 {
		t.Errorf("links to nothing: %q", broken)
	}
}

func namesOf(t *testing.T, b *tab, page string) {
	if current := value[string](b, `[...document.querySelectorAll('[aria-current=page]')].map(a => a.getAttribute('href')).join()`); current != "#"+page {
		t.Errorf("%s: the current page is %q", page, current)
	}
	tree := run(b, func(ctx context.Context, t *chromedp.Target) (accessibility.GetFullAXTreeResult, error) {
		return cdp.Call(ctx, t, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	})
	seen := map[string]int{}
	for _, n := range tree.Nodes {
		if n.Ignored || n.Role == nil {
			continue
		}
		role, name := strings.Trim(string(n.Role.Value), `"`), ""
		if n.Name != nil {
			name = strings.Trim(string(n.Name.Value), `"`)
		}
		seen[role]++
		switch role {
		case "image", "img", "link", "button", "radio", "table", "navigation", "region", "heading", "group", "article":
			if strings.TrimSpace(name) == "" && role != "group" {
				t.Errorf("a %s has no name", role)
			}
		}
	}
	for role, least := range map[string]int{"image": 4, "table": 1, "navigation": 1, "main": 1, "radio": 3, "heading": 14, "banner": 1} {
		if seen[role] < least {
			t.Errorf("%s: %d of role %s, want %d or more: %v", page, seen[role], role, least, seen)
		}
	}
}

// contrast finds texts whose contrast with what is behind them is below 4.5,
// the least that WCAG 2 wants at level AA.
const contrast = `(() => {
	const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
	const rgb = (c) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = c; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
	const light = (c) => { const [r, g, b] = c.map(v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
	const behind = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c[3] === 255) return c; } return [255, 255, 255]; };
	const low = [];
	for (const e of document.querySelectorAll('body *')) {
		if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || e.closest('script, style, noscript') || !e.checkVisibility()) continue;
		const inChart = e.closest('svg'), style = getComputedStyle(e);
		const [a, b] = [light(rgb(inChart ? style.fill : style.color).slice(0, 3)), light(behind(inChart ? inChart.parentElement : e).slice(0, 3))].sort((x, y) => y - x);
		if ((a + 0.05) / (b + 0.05) < 4.5) low.push(e.tagName + ' ' + e.textContent.slice(0, 30) + ' ' + ((a + 0.05) / (b + 0.05)).toFixed(2));
	}
	return low.slice(0, 10);
})()`

func coloursCanBeRead(t *testing.T, b *tab) {
	back := `getComputedStyle(document.body).backgroundColor`
	scheme := func(name string) chromedp.Action[chromedp.Void] {
		return command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}}})
	}
	seen := map[string]string{}
	for _, name := range []string{"light", "dark"} {
		b.do(scheme(name))
		seen[name] = value[string](b, back)
		for _, page := range []string{"machine", "spaces"} {
			b.show(page)
			if low := value[[]string](b, contrast); len(low) > 0 {
				t.Errorf("%s, %s: too little contrast: %q", page, name, low)
			}
		}
	}
	if seen["light"] == seen["dark"] {
		t.Errorf("light and dark are both %s", seen["light"])
	}
	b.do(scheme("light"), chromedp.Click(chromedp.CSS("#theme-dark"), chromedp.NodeReady))
	if got := value[string](b, back); got != seen["dark"] {
		t.Errorf("the switch to dark gives %s, want %s", got, seen["dark"])
	}
	b.do(chromedp.Click(chromedp.CSS("#theme-auto"), chromedp.NodeReady))
}

func phoneNeedsNoSidewaysScroll(t *testing.T, b *tab) {
	b.do(screen(360, 780, 2))
	run(b, chromedp.Poll[bool](`document.querySelector('#chart-network svg').clientWidth < 360`))
	for _, page := range []string{"machine", "spaces"} {
		b.show(page)
		fitsThePhone(t, b)
	}
	b.do(screen(1280, 900, 1))
}

func fitsThePhone(t *testing.T, b *tab) {
	run(b, chromedp.Poll[bool](`[...document.querySelectorAll('.chart svg')].every(s => s.clientWidth < 360)`))
	if wide := value[int](b, `document.documentElement.scrollWidth`); wide != 360 {
		t.Errorf("the page is %d wide on a phone of 360", wide)
	}
	if wide := value[[]string](b, `[...document.querySelectorAll('main *')].filter(e => !e.closest('.scroll') && e.getBoundingClientRect().right > 361).map(e => e.tagName + ' ' + e.textContent.slice(0, 30)).slice(0, 5)`); len(wide) > 0 {
		t.Errorf("out of the phone's screen: %q", wide)
	}
	if cut := value[[]string](b, `[...document.querySelectorAll('.scroll')].filter(e => e.checkVisibility() && (e.tabIndex < 0 || getComputedStyle(e).overflowX !== 'auto')).map(e => e.ariaLabel)`); len(cut) > 0 {
		t.Errorf("cannot be scrolled by keys: %q", cut)
	}
}

func printShowsTheTables(t *testing.T, b *tab) {
	b.do(chromedp.Click(chromedp.CSS("#theme-dark"), chromedp.NodeReady), command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}))
	if n := value[int](b, `[...document.querySelectorAll('table')].filter(t => t.getBoundingClientRect().height < 20).length`); n > 0 {
		t.Errorf("%d tables are closed on paper", n)
	}
	if ink := value[string](b, `getComputedStyle(document.body).color`); ink != "rgb(20, 26, 34)" {
		t.Errorf("text on paper is %s, want dark ink whatever the theme", ink)
	}
	b.do(command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: ""}), chromedp.Click(chromedp.CSS("#theme-auto"), chromedp.NodeReady))
	pdf := run(b, chromedp.PrintToPDF())
	if !bytes.HasPrefix(pdf, []byte("%PDF-")) || len(pdf) < 50_000 {
		t.Errorf("printed to %d bytes that begin %q", len(pdf), pdf[:min(len(pdf), 8)])
	}
}

func scriptIsNotNeeded(t *testing.T, b *tab, url string) {
	b.do(command(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}), chromedp.Navigate(url))
	if n := value[int](b, `document.querySelectorAll('.chart svg').length`); n > 0 {
		t.Errorf("%d charts though scripts are off", n)
	}
	if n := value[int](b, `document.querySelectorAll('tbody tr').length`); n < 150 {
		t.Errorf("%d table rows without script, want 150 or more", n)
	}
	const shown = `['spaces', 'machine'].filter(id => document.getElementById(id).checkVisibility()).join()`
	for _, c := range []struct{ at, want string }{{"", "spaces"}, {"#machine", "machine"}, {"#cost", "machine"}, {"#hosts", "spaces"}} {
		b.do(chromedp.Navigate(url + c.at))
		if got := value[string](b, shown); got != c.want {
			t.Errorf("at %q the page shows %s, want %s", c.at, got, c.want)
		}
	}
	if said := value[string](b, `document.querySelector('noscript').innerText`); !strings.Contains(said, "tables") {
		t.Errorf("without script the page says %q", said)
	}
}
