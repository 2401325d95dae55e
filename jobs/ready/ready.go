// Package ready has the jobs that come with the program: their files, when to run
// them, what makes a scheduler do so, and drafts that begin with one.
package ready

import (
	"embed"
	"fmt"
	"strings"

	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/jobs/outside"
)

//go:embed *.yaml *.tmpl
var files embed.FS

// Job is a ready-made job: a job file and when to run it.
type Job struct {
	Name     string   `json:"name"`
	About    string   `json:"about"` // one line
	Schedule Schedule `json:"schedule"`
	Needs    Need     `json:"needs"`
	Logins   bool     `json:"logins"` // asks with accounts of spacesetl auth, not with the app's token alone
	YAML     string   `json:"-"`
}

// Need is the variable that says what a ready-made job gets.
type Need struct {
	Name    string `json:"name"`
	Key     string `json:"key"`            // creators, search or ids
	Example string `json:"example"`        // its value, or what is in the file that it names
	File    string `json:"file,omitempty"` // the file, where it names one
}

// Schedule is when a job runs, in UTC.
type Schedule struct {
	Minute int
	Hour   string // of a day: 4; every: *; every sixth: */6
}

// Cron is the schedule as cron and Airflow write it.
func (s Schedule) Cron() string { return fmt.Sprintf("%d %s * * *", s.Minute, s.Hour) }

// Calendar is the schedule as systemd writes it.
func (s Schedule) Calendar() string {
	hour := s.Hour
	if step, ok := strings.CutPrefix(hour, "*/"); ok {
		hour = "00/" + step
	} else if hour != "*" {
		hour = fmt.Sprintf("%02s", hour)
	}
	return fmt.Sprintf("*-*-* %s:%02d:00 UTC", hour, s.Minute)
}

// MarshalText writes the schedule as cron does.
func (s Schedule) MarshalText() ([]byte, error) { return []byte(s.Cron()), nil }

// Jobs are the jobs that come with the program.
func Jobs() []Job {
	all := []Job{
		{Name: "hourly-creators", Schedule: Schedule{17, "*"}, Needs: Need{Name: "CREATORS", Key: "creators", Example: "@XDevelopers,2244994945"}},
		{Name: "daily-topics", Schedule: Schedule{23, "5"}, Needs: Need{Name: "TOPICS", Key: "search", Example: "open mic\ncrypto"}},
		{Name: "archive-ids", Schedule: Schedule{41, "3"}, Needs: Need{Name: "IDS_FILE", Key: "ids", File: "ids.txt", Example: "1SLjjRYNejbKM\n"}},
		{Name: "ticketed-audience", Schedule: Schedule{47, "*/6"}, Needs: Need{Name: "CREATORS", Key: "creators", Example: "@XDevelopers"}, Logins: true},
	}
	for i := range all {
		text, err := files.ReadFile(all[i].Name + ".yaml")
		if err != nil {
			panic(err) // the table names a file that is not there
		}
		all[i].YAML = string(text)
		all[i].About = about(all[i].YAML)
	}
	return all
}

// With is what the job gets besides Spaces.
func (j Job) With() []string {
	spec, _ := jobfile.Parse([]byte(j.YAML), outside.Place{Env: nowhere})
	return spec.With
}

// nowhere is an environment without variables.
func nowhere(string) (string, bool) { return "", false }

// about is the first comment of a job file, without the line for editors.
func about(text string) string {
	for line := range strings.Lines(text) {
		comment, ok := strings.CutPrefix(strings.TrimSpace(line), "# ")
		if ok && !strings.HasPrefix(comment, "yaml-language-server") {
			return comment
		}
	}
	return ""
}
