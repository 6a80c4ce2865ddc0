package harness

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
)

// Person works on one project with the client, in a terminal of their own.
type Person struct {
	*Daemon
	Project string
	t       testing.TB
	token   string
}

// Project makes a project and returns the first user, at work on it for t, which
// may be a part of the daemon's test.
func (d *Daemon) Project(ctx context.Context, t testing.TB, name string) Person {
	t.Helper()
	p := Person{Daemon: d, Project: name, t: t}
	p.Must(ctx, "project", "create", name, "--costcenter", "4711", "--owner", "testers")
	return p
}

// Colleague makes another user with a role in the person's project.
func (p Person) Colleague(ctx context.Context, name, role string) Person {
	p.t.Helper()
	for _, args := range [][]string{{"user", "create", name}, {"access", "grant", name, role}} {
		if r := p.Terrace(ctx, args...); r.Code != 0 {
			p.t.Fatalf("terrace %s: %s", strings.Join(args, " "), r)
		}
	}
	var made struct{ Token string }
	p.decode(p.Must(ctx, "token", "create", "--user", name, "--name", "test", "-o", "json"), &made)
	if made.Token == "" {
		p.t.Fatalf("%s has no token", name)
	}
	return p.With(made.Token)
}

// With returns the person with another token.
func (p Person) With(token string) Person {
	p.token = token
	return p
}

// Terrace runs the client in the person's project.
func (p Person) Terrace(ctx context.Context, args ...string) Result {
	p.t.Helper()
	return p.TerraceWith(ctx, nil, args...)
}

// TerraceWith runs the client with more variables in its environment.
func (p Person) TerraceWith(ctx context.Context, env []string, args ...string) Result {
	p.t.Helper()
	base := []string{"TERRACE_PROJECT=" + p.Project, "TERRACE_NEW_PASSWORD=correct-horse-battery"}
	if p.token != "" {
		base = append(base, "TERRACE_TOKEN="+p.token)
	}
	return p.client(ctx, p.t, p.Dir, append(base, env...), args...)
}

// Must runs the client and fails the test unless it exits with 0.
func (p Person) Must(ctx context.Context, args ...string) Result {
	p.t.Helper()
	r := p.Terrace(ctx, args...)
	if r.Code != 0 {
		p.t.Fatalf("terrace %s: %s", strings.Join(args, " "), r)
	}
	return r
}

// Run is what tests read of a run.
type Run struct {
	ID, Status, StatusReason string
	Operation, Workload      string
	Release                  struct {
		ID, Version string
		Number      int
	}
	Failure *struct{ Phase, Message, Fix string }
	Adopted []struct{ Address, ID string }
}

// Start runs a command that prints a run, and reads it, whatever the command's
// exit status says of the run.
func (p Person) Start(ctx context.Context, args ...string) (Run, Result) {
	p.t.Helper()
	result := p.Terrace(ctx, append(args, "-q", "-o", "json")...)
	var r Run
	if result.Stdout != "" {
		p.decode(result, &r)
	}
	return r, result
}

// Succeed runs a command that prints a run, which must succeed.
func (p Person) Succeed(ctx context.Context, args ...string) Run {
	p.t.Helper()
	r, result := p.Start(ctx, args...)
	if result.Code != 0 || r.Status != "succeeded" {
		p.t.Fatalf("terrace %s: run %s is %q: %s", strings.Join(args, " "), r.ID, r.Status, result)
	}
	return r
}

// Runs lists the runs of a workload, the newest first.
func (p Person) Runs(ctx context.Context, workload string) []Run {
	p.t.Helper()
	var runs, all []Run
	p.decode(p.Must(ctx, "run", "list", "--limit", "200", "-o", "json"), &all) // a workload without runs is none yet
	for _, r := range all {
		if r.Workload == workload {
			runs = append(runs, r)
		}
	}
	return runs
}

// Address returns the URL of the workload's only route at the stage.
func (p Person) Address(ctx context.Context, workload, stage string) string {
	p.t.Helper()
	var status struct {
		Stages []struct {
			Stage string
			URLs  map[string]string
		}
	}
	p.decode(p.Must(ctx, "status", workload, "-o", "json"), &status)
	for _, s := range status.Stages {
		for _, u := range s.URLs {
			if s.Stage == stage {
				return u
			}
		}
	}
	p.t.Fatalf("%s has no address at %s", workload, stage)
	return ""
}

func (p Person) decode(r Result, out any) {
	p.t.Helper()
	if err := json.Unmarshal([]byte(r.Stdout), out); err != nil {
		p.t.Fatalf("the client's answer cannot be read (%v): %s", err, r)
	}
}
