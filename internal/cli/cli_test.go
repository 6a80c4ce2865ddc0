package cli_test

import (
	"context"
	"net/http"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/terrace-idp/terrace/internal/cli"
	"github.com/terrace-idp/terrace/internal/cli/clitest"
	"github.com/terrace-idp/terrace/internal/cli/command"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"terrace": func() {
		e := &command.Env{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Getenv: os.Getenv, Environ: os.Environ, Version: "1.2.3"}
		os.Exit(cli.Main(context.Background(), e, os.Args[1:]))
	}})
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			address, stop := clitest.Start()
			env.Defer(stop)
			env.Setenv("TERRACE_ADDRESS", address)
			env.Setenv("TERRACE_TOKEN", clitest.Token)
			env.Setenv("HOME", env.WorkDir)
			for _, name := range []string{"GOPATH", "GOCACHE", "GOMODCACHE", "GOPROXY", "GOFLAGS"} {
				if v := goEnv(name); v != "" {
					env.Setenv(name, v)
				}
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "state": state},
	})
}

// exits runs a command and checks its exit code: exits CODE COMMAND...
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	code := "0"
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		code = exitCode(err)
	}
	if code != args[0] {
		ts.Fatalf("exit code %s, want %s", code, args[0])
	}
}

// state writes what the server has seen to the file state.
func state(ts *testscript.TestScript, _ bool, _ []string) {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, ts.Getenv("TERRACE_ADDRESS")+"/test/state", nil)
	ts.Check(err)
	res, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer func() { _ = res.Body.Close() }()
	f, err := os.Create(ts.MkAbs("state"))
	ts.Check(err)
	_, err = f.ReadFrom(res.Body)
	ts.Check(err)
	ts.Check(f.Close())
}
