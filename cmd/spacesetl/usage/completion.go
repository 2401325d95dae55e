package usage

import (
	"strings"

	"github.com/urfave/cli/v2"
)

// Shells are those that complete.
func Shells() []string { return []string{"bash", "zsh", "fish"} }

// Completion is a script that completes the commands in the shell that is asked
// for. Words are what commands take that are no flags, by the name of the command.
func Completion(asked []string, commands []*cli.Command, words map[string][]string) (string, error) {
	write := map[string]func(*Syntax) string{"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion}
	switch shells := strings.Join(Shells(), ", "); {
	case len(asked) == 0:
		return "", Errorf("name the shell: %s", shells)
	case write[asked[0]] == nil:
		return "", Errorf("there is no completion for %q, but for %s%s", asked[0], shells, Near(asked[0], Shells()))
	case len(asked) > 1:
		return "", Errorf("%q is one shell too many", asked[1])
	}
	root := SyntaxOf(commands)
	for _, s := range root.All() {
		s.words = words[s.Name()]
	}
	return write[asked[0]](root), nil
}
