package command

import (
	"context"
	"os/exec"
	"runtime"
)

// Browse opens an address in a browser, where this machine can show one, and says so
// where none opens.
func (e *Env) Browse(ctx context.Context, address string) {
	program, arguments := e.browser(address)
	if program == "" {
		return
	}
	cmd := exec.CommandContext(ctx, program, arguments...)
	if err := cmd.Start(); err != nil {
		e.Say("no browser opens: %v", err)
		return
	}
	go func() { _ = cmd.Wait() }() // how a browser ends says nothing
}

// browser returns the program that opens an address: the one that BROWSER names, else
// the system's.
func (e *Env) browser(address string) (program string, arguments []string) {
	if named := e.Getenv("BROWSER"); named != "" {
		return named, []string{address}
	}
	switch {
	case runtime.GOOS == "darwin":
		return "open", []string{address}
	case runtime.GOOS == "windows":
		return "rundll32", []string{"url.dll,FileProtocolHandler", address}
	case e.HasDisplay():
		return "xdg-open", []string{address}
	}
	return "", nil
}

// HasDisplay reports whether a browser can show itself on this machine.
func (e *Env) HasDisplay() bool {
	if runtime.GOOS == "darwin" || runtime.GOOS == "windows" {
		return e.Getenv("SSH_CONNECTION") == ""
	}
	return e.Getenv("DISPLAY") != "" || e.Getenv("WAYLAND_DISPLAY") != ""
}
