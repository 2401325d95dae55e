package usage

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// Arranged is a command line with the flags of its command in front, where the
// library looks for them, with a job file that stands as a word as a flag, and
// with words for help as the flag. It also returns how the command is called.
func Arranged(app *cli.App, args []string) (arranged []string, called string, err error) {
	args, called = asHelp(args), app.Name
	var command *cli.Command
	n := 1
	for commands := app.Commands; n < len(args); n++ {
		i := slices.IndexFunc(commands, func(c *cli.Command) bool { return c.HasName(args[n]) })
		if i < 0 {
			break
		}
		command, commands = commands[i], commands[i].Subcommands
	}
	if command == nil {
		return args, called, nil
	}
	called += " " + strings.Join(args[1:n], " ")
	l, err := apart(command, args[n:])
	if err == nil {
		err = l.oneFile(command)
	}
	if err != nil {
		return nil, called, Of(err)
	}
	if slices.ContainsFunc(l.words, func(w string) bool { return strings.HasPrefix(w, "-") }) {
		l.flags = append(l.flags, "--")
	}
	return slices.Concat(args[:n:n], l.flags, l.words), called, nil
}

// commandLine is one taken apart; files are the values of -f.
type commandLine struct{ flags, words, files []string }

// apart takes apart what stands behind a command's name.
func apart(command *cli.Command, args []string) (l commandLine, err error) {
	for i := 0; i < len(args); i++ {
		word := args[i]
		name, value, whole := strings.Cut(strings.TrimLeft(word, "-"), "=")
		f, known := Find(command.Flags, name).(documented)
		switch {
		case word == "--":
			l.words = append(l.words, args[i+1:]...)
			return l, nil
		case len(word) < 2 || word[0] != '-' || isComment(word):
			l.words = append(l.words, word)
			continue
		case !known || !f.TakesValue() || whole && f.Names()[0] != "file":
			l.flags = append(l.flags, word)
			continue
		case !whole && i+1 == len(args):
			return l, fmt.Errorf("%s has no value: write %s", word, written(command.Flags, name))
		case !whole:
			i++
			value = args[i]
		}
		if f.Names()[0] == "file" {
			l.files = append(l.files, value)
		} else {
			l.flags = append(l.flags, word, value)
		}
	}
	return l, nil
}

// isComment reports whether a word begins with one of SQL, as the queries that ship do.
func isComment(word string) bool {
	return strings.HasPrefix(word, "-- ") || strings.HasPrefix(word, "--\n")
}

// oneFile makes the job file that is named, as a word or by -f, the flag that the
// command knows. Only validate takes several, all as words.
func (l *commandLine) oneFile(command *cli.Command) error {
	if command.Name == "validate" {
		l.files, l.words = nil, append(l.files, l.words...)
		return nil
	}
	if takesJob(command) && command.Name != "import" { // whose words are other files
		l.words = slices.DeleteFunc(l.words, func(word string) bool {
			if isFile(word) {
				l.files = append(l.files, word)
			}
			return isFile(word)
		})
	}
	if len(l.files) > 1 {
		return fmt.Errorf("%s: %s takes one job file", strings.Join(l.files, " and "), command.Name)
	}
	for _, file := range l.files {
		l.flags = append(l.flags, "--file", file)
	}
	return nil
}

// isFile reports whether a word of a command line names a file.
func isFile(word string) bool {
	info, err := os.Stat(word)
	return err == nil && !info.IsDir() || strings.HasSuffix(word, ".yaml") || strings.HasSuffix(word, ".yml")
}
