package ready

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"strings"
	"text/template"

	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/jobs/outside"
	"github.com/spacesetl/spacesetl/schemas"
)

// Deployment is what somebody says about where a job runs. The zero value has
// defaults for all of it.
type Deployment struct {
	Bin     string // the program; default /usr/local/bin/spacesetl, in a container spacesetl
	Image   string // default DefaultImage
	JobFile string // where the job file will be; default /etc/spacesetl/<job>.yaml
	User    string // who runs it; default a user of systemd's making, and whose crontab it is
	Memory  int64  // bytes to stay within; default DefaultMemory
	JobText string // of the job file, for Kubernetes; default the ready-made one
}

// DefaultImage is the container image that jobs run in: one of the user's own, with
// the program and /bin/sh in it.
const DefaultImage = "spacesetl:latest"

// DefaultMemory is enough for a database of some gigabytes, in bytes.
const DefaultMemory = 1536 << 20

// File is a file that makes a scheduler run a job.
type File struct{ Name, Text string }

// Schedulers are what a job can be deployed to.
func Schedulers() []string { return []string{"cron", "systemd", "kubernetes", "airflow"} }

// plainWord is what shells, crontabs, units and YAML all take as it is.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./@:+-]+$`)

// Deploy returns what makes a scheduler run the job. There is no secret in it.
func (j Job) Deploy(scheduler string, d Deployment) ([]File, error) {
	for what, word := range map[string]string{"program": d.Bin, "image": d.Image, "job file": d.JobFile, "user": d.User} {
		if word != "" && !plainWord.MatchString(word) {
			return nil, fmt.Errorf("%s %q: only letters, digits and _ . / @ : + - are plain to every scheduler", what, outside.Clip(word))
		}
	}
	var deployed []File
	for _, t := range templatesOf(scheduler) {
		text, err := render(t.template, j.filling(scheduler, d))
		if err != nil {
			return nil, err
		}
		deployed = append(deployed, File{fmt.Sprintf(t.name, j.Name), text})
	}
	if deployed == nil {
		err := fmt.Errorf("%q is not one of %s", outside.Clip(scheduler), strings.Join(Schedulers(), ", "))
		if nearest := jobfile.Nearest(scheduler, Schedulers()); nearest != "" {
			err = fmt.Errorf("%w: did you mean %q?", err, nearest)
		}
		return nil, err
	}
	return deployed, nil
}

type deployTemplate struct{ name, template string }

func templatesOf(scheduler string) []deployTemplate {
	return map[string][]deployTemplate{
		"cron":       {{"spacesetl-%s", "cron.tmpl"}}, // cron.d leaves out files with a dot
		"systemd":    {{"spacesetl-%s.service", "service.tmpl"}, {"spacesetl-%s.timer", "timer.tmpl"}},
		"kubernetes": {{"spacesetl-%s.yaml", "kubernetes.tmpl"}},
		"airflow":    {{"spacesetl-%s.py", "airflow.tmpl"}},
	}[scheduler]
}

// filling is what the templates are filled in with.
type filling struct {
	Job
	Deployment
	EnvFile string // of the variables, beside the job file
	Folder  string // of the job file
	// Container is the container's limit: the program stays within three
	// quarters of it.
	Container int64
	Input     string // the file that Needs names, if it does
}

func (j Job) filling(scheduler string, d Deployment) filling {
	d.Bin = cmp.Or(d.Bin, "/usr/local/bin/spacesetl")
	d.JobFile = cmp.Or(d.JobFile, "/etc/spacesetl/"+j.Name+".yaml")
	if scheduler == "kubernetes" {
		d.JobFile = "/etc/spacesetl/job.yaml"
	}
	d.Image = cmp.Or(d.Image, DefaultImage)
	d.Memory = cmp.Or(d.Memory, DefaultMemory)
	d.JobText = cmp.Or(d.JobText, j.YAML)
	all := filling{Job: j, Deployment: d, EnvFile: strings.TrimSuffix(d.JobFile, path.Ext(d.JobFile)) + ".env", Folder: path.Dir(d.JobFile), Container: (d.Memory + 2) / 3 * 4}
	if j.Needs.File != "" {
		all.Input = path.Join(all.Folder, j.Needs.File)
	}
	return all
}

func render(name string, data filling) (string, error) {
	t, err := template.New(name).Funcs(template.FuncMap{
		"mib":     func(bytes int64) int64 { return bytes >> 20 },
		"quote":   quote,
		"indent":  indent,
		"lower":   strings.ToLower,
		"note":    func(text string) string { return strings.ReplaceAll(text, "\n", "\n#   ") },
		"first":   func(text string) string { first, _, _ := strings.Cut(text, "\n"); return first },
		"resumes": func(between string) string { return resumes(between, schemas.Exit.Code) },
		"stops":   func() string { return resumes(", or ", func(e schemas.Exit) string { return e.Resumes }) },
	}).ParseFS(files, name)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = t.Execute(&b, data)
	return b.String(), err
}

// resumes are the exit codes that are no failure, since the next run goes on.
func resumes(between string, say func(schemas.Exit) string) string {
	var all []string
	for _, e := range schemas.Exits() {
		if e.Resumes != "" {
			all = append(all, say(e))
		}
	}
	return strings.Join(all, between)
}

// quote writes a text as YAML, Python and environment files read it alike.
func quote(text string) (string, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(text)
	return strings.TrimSuffix(b.String(), "\n"), err
}

// indent puts a text below a key of YAML.
func indent(spaces int, text string) string {
	margin := "\n" + strings.Repeat(" ", spaces)
	lines := strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", margin)
	return strings.ReplaceAll(margin[1:]+lines, margin+"\n", "\n\n")
}
