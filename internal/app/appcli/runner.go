package appcli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/app"
	"github.com/terrace-idp/terrace/internal/delivery/runner"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/telemetry"
)

// runnerFlags are the flags of terraced runner.
type runnerFlags struct {
	server, tokenFile, data, terraform, mirror, level, format string
	labels                                                    map[string]string
	concurrency                                               int
	isolation                                                 string
	limits                                                    stage.Limits
	time                                                      time.Duration
}

// runnerCommand is a remote runner: it needs neither a database nor an open port.
func runnerCommand(s streams, version string) *cobra.Command {
	var f runnerFlags
	c := &cobra.Command{
		Use: "runner", Short: "Execute runs for a server elsewhere", Args: cobra.NoArgs,
		Long: "Runner fetches plans and applies from a server and executes them here, with the credentials of its own\n" +
			"environment. It makes requests to the server and takes none, and has no database. The first SIGINT or\n" +
			"SIGTERM lets it finish what it has; the second one stops terraform in order.\n\n" +
			"Its token is made by `terrace runner create`, one for each process.",
		Example: "  terraced runner --server https://terrace.example.com --token-file ./token\n" +
			"  terraced runner --server https://terrace.example.com --token-file ./token --labels pool=prod --concurrency 2",
		RunE: func(c *cobra.Command, _ []string) error { return f.run(c.Context(), s, version) },
	}
	flags := c.Flags()
	flags.StringVar(&f.server, "server", "", "the server, such as https://terrace.example.com")
	flags.StringVar(&f.tokenFile, "token-file", "", "the file with the runner's token, - is the input")
	flags.StringToStringVar(&f.labels, "labels", nil, "which of its labels it serves; left out it serves all")
	flags.IntVar(&f.concurrency, "concurrency", 1, "how many runs it executes at once, 1 to 64")
	flags.StringVar(&f.data, "data", "", "the folder for tools, providers and work; empty is $XDG_DATA_HOME/terrace-runner")
	flags.StringVar(&f.terraform, "terraform", "", "the path of terraform or tofu; empty is the first on PATH, else tofu is built once")
	flags.StringVar(&f.mirror, "provider-mirror", "", "a folder with a filesystem mirror of other providers")
	flags.StringVar(&f.isolation, "isolation", "auto", "whether runs are kept from what is not theirs: auto where the kernel lets it, required or off")
	flags.IntVar(&f.limits.Memory, "run-memory", 4096, "MiB that a run may take, where its stage says nothing; 0 is no limit")
	flags.IntVar(&f.limits.Processes, "run-processes", 256, "how many processes a run may have, where its stage says nothing; 0 is no limit")
	flags.IntVar(&f.limits.Disk, "run-disk", 4096, "MiB that one command of terraform may have in its folders, where its stage says nothing; 0 is no limit")
	flags.IntVar(&f.limits.Output, "run-output", 512, "MiB that one command of terraform may print, where its stage says nothing; 0 is no limit")
	flags.DurationVar(&f.time, "run-time", time.Hour, "how long one command of terraform may take, where its stage says nothing")
	flags.StringVar(&f.level, "log-level", "info", "debug, info, warn or error")
	flags.StringVar(&f.format, "log-format", "auto", "text, json or auto")
	_ = c.MarkFlagRequired("server")     // it was made above
	_ = c.MarkFlagRequired("token-file") // so was this
	return c
}

func (f runnerFlags) run(ctx context.Context, s streams, version string) error {
	log, err := telemetry.NewLogger(s.err, telemetry.LogOptions{Level: f.level, Format: f.format})
	if err != nil {
		return err
	}
	if err := f.check(); err != nil {
		return err
	}
	token, err := readToken(f.tokenFile)
	if err != nil {
		return err
	}
	if f.data, err = runnerData(f.data); err != nil {
		return err
	}
	file := ""
	if f.tokenFile != "-" {
		if file, err = filepath.Abs(f.tokenFile); err != nil {
			return err
		}
	}
	f.limits.Time = stage.Duration(f.time)
	// The second signal is asked for when the first has come: until then it would take it.
	force, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	defer context.AfterFunc(ctx, func() {
		again, stop := signal.NotifyContext(force, os.Interrupt, syscall.SIGTERM)
		defer stop()
		fmt.Fprintln(s.err, "finishing what is under way; once more stops it")
		<-again.Done()
		end()
	})()
	return app.RunRemote(ctx, force, app.RemoteConfig{
		Server: f.server, Token: token, Labels: f.labels, Concurrency: f.concurrency, DataDir: f.data, Terraform: f.terraform,
		Mirror: f.mirror, Version: version, Environ: os.Environ(),
		TokenFile: file, Isolation: f.isolation, Limits: f.limits,
	}, log)
}

// check refuses what cannot be meant.
func (f runnerFlags) check() error {
	if !slices.Contains([]string{runner.IsolationAuto, runner.IsolationRequired, runner.IsolationOff}, f.isolation) {
		return usageError{fmt.Errorf("the isolation %q is not known: use auto, required or off", f.isolation)}
	}
	if f.limits.Memory < 0 || f.limits.Processes < 0 || f.limits.Disk < 0 || f.limits.Output < 0 || f.time < time.Second {
		return usageError{errors.New("a limit of runs is below 0, or their time is below 1s")}
	}
	return nil
}

// maxToken bounds the file with the token.
const maxToken = 4096

func readToken(path string) (string, error) {
	in := io.Reader(os.Stdin)
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return "", kernel.Errorf(kernel.Invalid, "the token's file cannot be read: %w", err).WithFix("write what terrace runner create shows into it")
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	raw, err := io.ReadAll(io.LimitReader(in, maxToken))
	if err != nil {
		return "", kernel.Errorf(kernel.Invalid, "the token cannot be read: %w", err)
	}
	return strings.TrimSpace(string(raw)), nil
}

func runnerData(set string) (string, error) {
	if set != "" {
		return filepath.Abs(set)
	}
	if base := os.Getenv("XDG_DATA_HOME"); base != "" {
		return filepath.Join(base, "terrace-runner"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", kernel.Errorf(kernel.Invalid, "there is no home directory to keep data in").WithFix("set --data")
	}
	return filepath.Join(home, ".local", "share", "terrace-runner"), nil
}
