// Command terrace is the client of Terrace.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"

	"github.com/terrace-idp/terrace/internal/cli"
	"github.com/terrace-idp/terrace/internal/cli/command"
	cliversion "github.com/terrace-idp/terrace/internal/cli/version"
)

// version is set by the linker.
var version string

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) // a reader that has read enough makes a write fail, and kills nothing
	e := &command.Env{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		Terminal: term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stderr.Fd())),
		Getenv:   os.Getenv,
		Environ:  os.Environ,
		Version:  cliversion.Of(version),
	}
	if e.Terminal {
		e.ReadPassword = func() (string, error) {
			b, err := term.ReadPassword(int(os.Stdin.Fd()))
			return string(b), err
		}
	}
	code := cli.Main(ctx, e, os.Args[1:])
	stop()
	os.Exit(code)
}
