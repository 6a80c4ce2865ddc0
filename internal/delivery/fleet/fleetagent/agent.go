// Package fleetagent is a remote runner: it asks a Terrace server for assignments,
// has them executed, and tells what becomes of them. It makes requests and takes
// none, and needs no database.
//
// It owns the runner's side of delivery/fleet's protocol and states that could
// not be handed in yet. How terraform is run is the Executor's.
package fleetagent

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/fleet"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Provide sees to it that the provider with the digest is there.
type Provide func(ctx context.Context, version, digest string) error

// Config is what an Agent works with.
type Config struct {
	Server   *Server
	Executor Executor
	Provide  Provide
	// Kept are states that could not be stored.
	Kept *Kept
	// Folder is for plans that are about to be applied.
	Folder string
	// Instance names the data folder, which one process has at a time.
	Instance    string
	Labels      map[string]string
	Concurrency int
	Version     string
	Log         *slog.Logger
}

// Agent is a runner.
type Agent struct {
	Config

	patience time.Duration
}

// New returns an agent.
func New(c Config) *Agent { return &Agent{Config: c} }

const (
	// shortly and longest bound the pause after a request that failed.
	shortly = time.Second
	longest = 10 * time.Second
	// turn is how long a runner waits for its token to be free.
	turn = 75 * time.Second
)

// Run works until ctx ends; then it takes nothing more and finishes what it has,
// until force ends, too. The error says why the server wants it no more.
func (a *Agent) Run(ctx, force context.Context) error {
	if err := a.connect(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	working, end := context.WithCancelCause(force)
	defer end(nil)
	var jobs sync.WaitGroup
	err := a.take(ctx, working, &jobs)
	if err != nil {
		end(errUnwanted) // the server does not listen any more: nothing may go on
	}
	jobs.Wait()
	if err == nil {
		a.leave(force)
	}
	return err
}

// leave tells the server that nobody has the token any more.
func (a *Agent) leave(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	if err := a.Server.Leave(ctx); err != nil {
		a.Log.WarnContext(ctx, "the server could not be told of the end", "error", err)
	}
}

// errUnwanted ends terraform at once: the runner is none any more.
var errUnwanted = errors.New("the server does not know the runner any more")

// connect begins a session as soon as the server can be reached.
func (a *Agent) connect(ctx context.Context) error {
	host, _ := os.Hostname() // without one the server knows less to tell
	hello := fleet.Hello{
		Labels: a.Labels, Concurrency: a.Concurrency, Version: a.Version, Platform: runtime.GOOS + "_" + runtime.GOARCH, Instance: a.Instance, Host: host,
		Protocol: fleet.Protocol,
	}
	begun := time.Now()
	return a.insist(ctx, "connect", func(ctx context.Context) error {
		w, err := a.Server.Connect(ctx, hello)
		if kernel.Is(err, kernel.Conflict) && time.Since(begun) < turn {
			return kernel.Errorf(kernel.Unavailable, "%w", err) // the one before it may be gone
		}
		if err != nil {
			return untrusted(err)
		}
		if err := hello.Speaks(w.Protocol); err != nil {
			return err
		}
		if w.Platform != hello.Platform {
			return kernel.Errorf(kernel.Refused, "the server runs on %s and has no provider for %s", w.Platform, hello.Platform).
				WithFix("run the runner on a machine like the server's")
		}
		a.patience = time.Duration(w.Patience) * time.Second
		if err := a.Provide(ctx, w.ProviderVersion, w.Provider); err != nil {
			return err
		}
		a.Log.InfoContext(ctx, "connected", "runner", w.Name, "server", a.Server.Address(), "labels", w.Labels)
		if err := a.Kept.HandIn(ctx, a.Server); err != nil && !final(err) {
			return err
		}
		return nil
	})
}

// insist tries again while the server cannot be reached.
func (a *Agent) insist(ctx context.Context, what string, try func(ctx context.Context) error) error {
	for wait := shortly; ; wait = min(2*wait, longest) {
		err := try(ctx)
		if err == nil || final(err) || ctx.Err() != nil {
			return err
		}
		a.Log.WarnContext(ctx, "waits for the server", "for", what, "error", err, "again_in", wait)
		sleep(ctx, wait)
	}
}

// final reports whether asking again would get the same answer.
func final(err error) bool {
	switch kernel.KindOf(err) {
	case kernel.Unavailable, kernel.Limited, kernel.Internal:
		return false
	default:
		return true
	}
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// take asks for work while there is a free slot.
func (a *Agent) take(ctx, working context.Context, jobs *sync.WaitGroup) error {
	slots := make(chan struct{}, a.Concurrency)
	for {
		select {
		case <-ctx.Done():
			return nil
		case slots <- struct{}{}:
		}
		var work *Work
		err := a.insist(ctx, "work", func(ctx context.Context) (err error) {
			if err := a.Kept.HandIn(ctx, a.Server); err != nil && !final(err) {
				return err
			}
			work, err = a.Server.Work(ctx)
			return err
		})
		if err != nil && ctx.Err() == nil {
			return err
		}
		if work == nil {
			<-slots
			continue
		}
		jobs.Go(func() {
			defer func() { <-slots }()
			a.do(working, *work)
		})
	}
}
