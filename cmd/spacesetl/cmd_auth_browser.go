package main

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// openBrowser opens an address and does not wait: what opens it can be the
// browser itself. BROWSER names another program.
func openBrowser(address string) error {
	command := []string{"xdg-open"}
	switch runtime.GOOS {
	case "darwin":
		command = []string{"open"}
	case "windows":
		command = []string{"rundll32", "url.dll,FileProtocolHandler"}
	}
	if own := strings.Fields(os.Getenv("BROWSER")); len(own) > 0 {
		command = own
	}
	cmd := exec.Command(command[0], append(command[1:], address)...)
	cmd.Env = withoutSecrets(os.Environ())
	if err := cmd.Start(); err != nil {
		return err
	}
	return cmd.Process.Release()
}
