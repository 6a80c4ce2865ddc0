package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"time"
)

// stepTimeout bounds one step; the first deployment may have to build a tool.
const stepTimeout = 5 * time.Minute

type step struct {
	what string
	do   func(context.Context) error
}

func (d *demo) steps() []step {
	all := []step{
		{"start the platform on an empty data directory", d.startDaemon},
		{"create the project " + d.project + " and the approver grace", d.createPeople},
		{"scaffold " + d.service + " from the golden path go-service", d.scaffold},
		{"build it, make a release and deploy to dev", func(ctx context.Context) error {
			return d.move(ctx, "deploy", filepath.Join(d.source(), "score.yaml"), "--stage", "dev", "--reason", "the demo")
		}},
	}
	for _, stage := range stages()[1:] {
		all = append(all, step{"promote the same release to " + stage, func(ctx context.Context) error {
			return d.move(ctx, "promote", d.service, "--to", stage, "--reason", "the demo")
		}})
	}
	return all
}

func (d *demo) step(ctx context.Context, s step) error {
	fmt.Printf("▸ %s\n", s.what)
	start := time.Now()
	ctx, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	if err := s.do(ctx); err != nil {
		return fmt.Errorf("%s: %w", s.what, err)
	}
	fmt.Printf("  %.1fs\n", time.Since(start).Seconds())
	return nil
}

func (d *demo) source() string { return filepath.Join(d.folder, d.service) }

func (d *demo) startDaemon(ctx context.Context) (err error) {
	d.daemon, err = startDaemon(d.terraced, d.folder)
	if err != nil {
		return err
	}
	return d.daemon.ready(ctx)
}

// createPeople makes a second user, because prod wants someone else's approval.
func (d *demo) createPeople(ctx context.Context) error {
	if _, err := d.client(ctx, "", nil, "project", "create", d.project, "--costcenter", "4711", "--owner", "shop"); err != nil {
		return err
	}
	password := []string{"TERRACE_NEW_PASSWORD=" + rand.Text()}
	if _, err := d.client(ctx, "", password, "user", "create", "grace"); err != nil {
		return err
	}
	if _, err := d.client(ctx, "", nil, "access", "grant", "grace", "approver"); err != nil {
		return err
	}
	out, err := d.client(ctx, "", nil, "token", "create", "--user", "grace", "--name", "demo", "-o", "json")
	if err != nil {
		return err
	}
	var token struct{ Token string }
	if err := json.Unmarshal(out, &token); err != nil {
		return fmt.Errorf("read the approver's token: %w", err)
	}
	if token.Token == "" {
		return errors.New("the approver has no token")
	}
	d.approver = token.Token
	return nil
}

func (d *demo) scaffold(ctx context.Context) error {
	_, err := d.client(ctx, "", nil, "create", "go-service", d.service, "--into", d.source(), "--set", "costcenter=4711", "--set", "owner=shop", "-o", "json")
	return err
}

// move runs a command that starts a run, and has it approved where it waits.
func (d *demo) move(ctx context.Context, args ...string) error {
	r, err := d.runCommand(ctx, "", append(args, "-q", "-o", "json")...)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == 5 {
		fmt.Println("    grace reads the dossier and approves it")
		r, err = d.runCommand(ctx, d.approver, "run", "approve", r.ID, "--yes", "--wait", "-q", "-o", "json", "--reason", "seen in the demo")
	}
	if err != nil {
		return err
	}
	return d.same(r)
}

// same checks that the run carried the release that the first one made.
func (d *demo) same(r runView) error {
	if r.Status != "succeeded" {
		return fmt.Errorf("run %s is %s", r.ID, r.Status)
	}
	if d.release == "" {
		d.release, d.version = r.Release.ID, r.Release.Version
	}
	if r.Release.ID != d.release {
		return fmt.Errorf("run %s carried release %s, not %s", r.ID, r.Release.ID, d.release)
	}
	return nil
}

// runView is what the demo reads of a run.
type runView struct {
	ID      string
	Status  string
	Release struct{ ID, Version string }
}

// runCommand runs a command that prints a run as JSON, whatever its exit code.
func (d *demo) runCommand(ctx context.Context, token string, args ...string) (runView, error) {
	out, err := d.client(ctx, token, nil, args...)
	var r runView
	if bad := json.Unmarshal(out, &r); bad != nil && err == nil {
		return r, fmt.Errorf("the client printed no run: %w", bad)
	}
	if r.ID != "" {
		d.last = r.ID
	}
	return r, err
}
