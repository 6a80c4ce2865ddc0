package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/fleet"
	"github.com/terrace-idp/terrace/internal/delivery/fleet/fleetagent"
	"github.com/terrace-idp/terrace/internal/delivery/runner"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/seal"
	"github.com/terrace-idp/terrace/internal/platform/wholefile"
)

// RemoteConfig is what a remote runner needs; it has neither a database nor a
// port that listens.
type RemoteConfig struct {
	Server, Token string
	Labels        map[string]string
	Concurrency   int
	// DataDir holds tools, providers, work directories and states to be handed in.
	DataDir string
	// Terraform is the path of the tool; empty finds or builds one.
	Terraform string
	// Mirror is a folder with other providers than Terrace's own.
	Mirror string
	// TokenFile is where Token was read, "" where that is no file.
	TokenFile string
	// Isolation is auto, required or off.
	Isolation string
	// Limits are those of runs whose stage has none.
	Limits  stage.Limits
	Version string
	Environ []string
}

// RunRemote is a remote runner until ctx ends; then it finishes what it has, until
// force ends, too.
func RunRemote(ctx, force context.Context, c RemoteConfig, log *slog.Logger) error {
	server, err := fleetagent.NewServer(c.Server, c.Token)
	if err != nil {
		return err
	}
	lock, err := lockData(ctx, c.DataDir)
	if err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	defer func() { _ = lock.Close() }()
	isolated, err := newIsolation(ctx, c.Isolation, "", c.DataDir, log) // the provider comes later, from the server
	if err != nil {
		return err
	}
	defer isolated.spawner.Close()
	agent, err := newAgent(ctx, c, server, isolated, log)
	if err != nil {
		return err
	}
	return agent.Run(ctx, force)
}

func newAgent(ctx context.Context, c RemoteConfig, server *fleetagent.Server, isolated isolation, log *slog.Logger) (*fleetagent.Agent, error) {
	key := (&url.URL{Scheme: "file", Path: filepath.Join(c.DataDir, "keys", "kek")}).String()
	if err := os.MkdirAll(filepath.Join(c.DataDir, "keys"), 0o700); err != nil {
		return nil, err
	}
	sealer, err := seal.Open(ctx, seal.Config{URL: key})
	if err != nil {
		return nil, err
	}
	instance, err := instanceOf(c.DataDir)
	if err != nil {
		return nil, err
	}
	kept := &fleetagent.Kept{Folder: filepath.Join(c.DataDir, "unstored-states"), Sealer: sealer, Log: log}
	if err := runner.Sweep(ctx, c.DataDir, kept.Keep); err != nil {
		return nil, err
	}
	tool, err := runner.Find(ctx, runner.Options{
		Path: c.Terraform, DataDir: c.DataDir, Mirror: c.Mirror, Progress: func(line string) { log.InfoContext(ctx, line) },
	})
	if err != nil {
		return nil, err
	}
	execute := runner.New(runner.Config{
		Tool: tool, DataDir: c.DataDir, Address: server.Address(), Mirror: c.Mirror, Grace: runGrace, Logger: log, Keep: kept.Keep,
		Limits: limitsOf(c.Limits), Isolated: isolated.on, Spawner: isolated.spawner, Hidden: c.hidden,
	})
	return fleetagent.New(fleetagent.Config{
		Server: server, Executor: remoteExecutor{execute, environments{daemon: c.Environ}}, Provide: provideFrom(server, c.DataDir), Kept: kept,
		Folder: filepath.Join(c.DataDir, "tmp"), Instance: instance, Labels: c.Labels, Concurrency: c.Concurrency, Version: c.Version, Log: log,
	}), nil
}

// instanceOf names a data folder, whatever becomes of it.
func instanceOf(dataDir string) (string, error) {
	path := filepath.Join(dataDir, "instance")
	err := wholefile.Create(path, []byte(kernel.NewID("ins")+"\n"))
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	name, err := os.ReadFile(path)
	return strings.TrimSpace(string(name)), err
}

// hidden are the files of the runner that no run may see.
func (c RemoteConfig) hidden() []string {
	paths := append(signInFiles(c.Environ), clientFolders(c.Environ)...)
	if c.TokenFile != "" {
		paths = append(paths, c.TokenFile)
	}
	return paths
}

// remoteExecutor executes jobs of the server with the tool of this machine.
type remoteExecutor struct {
	runner       *runner.Runner
	environments environments
}

func (a remoteExecutor) Execute(ctx context.Context, e fleetagent.Execution) fleetagent.Done {
	asked, err := arrived(e)
	if err != nil {
		return fleetagent.Done{Outcome: fleet.Outcome{Error: fleetagent.ErrorOf(err)}}
	}
	env := a.environments.of(asked.Stage)
	if e.Job.Phase != "apply" {
		env = a.environments.ofPlan(asked.Stage)
	}
	work := runnerJob(asked, e.Job.Phase, env)
	events := func(event runner.Event) {
		e.Sink(fleet.Event{Time: event.Time, Phase: string(event.Phase), Level: event.Level, Type: event.Type, Address: event.Address, Action: event.Action, Message: event.Message})
	}
	if e.Job.Phase == "apply" {
		return a.apply(ctx, work, runner.PlanFile(e.Plan), events)
	}
	return a.plan(ctx, work, events)
}

func (a remoteExecutor) plan(ctx context.Context, work runner.Job, events runner.Sink) (done fleetagent.Done) {
	planned, err := a.runner.Plan(ctx, work, events)
	if err == nil {
		done.Plan = planned.Digest
		done.PlanJSON, err = json.Marshal(planned.JSON)
	}
	if err != nil {
		done.Error = fleetagent.ErrorOf(err)
	}
	return done
}

func (a remoteExecutor) apply(ctx context.Context, work runner.Job, plan runner.PlanFile, events runner.Sink) (done fleetagent.Done) {
	applied, err := a.runner.Apply(ctx, work, plan, events)
	done.Outputs, done.Busy = applied.Outputs, applied.Busy
	for _, e := range applied.Existing {
		done.Existing = append(done.Existing, fleet.Existing{Address: e.Address, ID: e.ID})
	}
	if err != nil {
		done.Error = fleetagent.ErrorOf(err)
	}
	return done
}

// provideFrom fetches Terrace's provider from the server unless the one that the
// server has is here, and installs it.
func provideFrom(server *fleetagent.Server, dataDir string) fleetagent.Provide {
	return func(ctx context.Context, version, digest string) error {
		path := filepath.Join(dataDir, "provider", "terraform-provider-terrace")
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if have, err := digestOfFile(path); err != nil || have != digest {
			if err := fetchProvider(ctx, server, path, digest); err != nil {
				return err
			}
		}
		_, err := runner.InstallProvider(dataDir, path, version)
		return err
	}
}

func fetchProvider(ctx context.Context, server *fleetagent.Server, path, digest string) error {
	fresh, err := os.OpenFile(path+".tmp", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o700) //nolint:gosec // a program
	if err != nil {
		return err
	}
	if err := errors.Join(server.Provider(ctx, fresh), fresh.Sync(), fresh.Close()); err != nil {
		return err
	}
	if have, err := digestOfFile(path + ".tmp"); err != nil || have != digest {
		return errors.Join(err, fmt.Errorf("the provider that came is not the one that the server told of (%s, not %s)", have, digest))
	}
	return os.Rename(path+".tmp", path)
}

func digestOfFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	_, err = io.Copy(hash, f)
	return hex.EncodeToString(hash.Sum(nil)), errors.Join(err, f.Close())
}
