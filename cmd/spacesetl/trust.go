package main

import (
	"os"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/extract/address"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
)

// insecureFlag is a flag only: no job file can say that its tokens need no care.
func insecureFlag() cli.Flag {
	return flag(address.Flag[2:], "let tokens and passwords go unencrypted, to http on other machines")
}

// trustFlags let a job file do what another's must not.
func trustFlags() []cli.Flag {
	return []cli.Flag{insecureFlag(), flag("allow-files", "let ${file:…} of the job bring in files outside of its folder")}
}

// insecure reads insecureFlag.
func insecure(ctx *cli.Context) bool { return ctx.Bool(address.Flag[2:]) }

// loadJob reads a job file as the command's trustFlags have it; override may be nil.
func loadJob(ctx *cli.Context, file string, override func(*jobs.Spec)) (jobs.Spec, error) {
	return jobfile.Reading{Env: os.LookupEnv, Override: override, AllowFiles: ctx.Bool("allow-files"), InsecureHTTP: insecure(ctx)}.Load(file)
}

// sayAll says each of a few sentences.
func sayAll(say func(string), all []string) {
	for _, line := range all {
		say(line)
	}
}
