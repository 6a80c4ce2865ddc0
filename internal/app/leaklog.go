package app

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/fabric/event"
	"github.com/terrace-idp/terrace/internal/governance/leak"
	"github.com/terrace-idp/terrace/internal/governance/leak/leaklog"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/wholefile"
)

const (
	// serviceLogs is how often what services have said is looked through.
	serviceLogs = 10 * time.Second
	// savePosition is how often it is written down how far the logs of runs were looked
	// through: those of so long are looked through again after a crash.
	savePosition = 10 * time.Second
)

// logLeaks has the logs looked through that this process writes.
type logLeaks struct {
	leaks  *leak.Service
	events *event.Log
	runs   leaklog.Runs
	// position is the file that has the event after which runs are looked at.
	position string
	services *leaklog.Services
	clock    kernel.Clock
	log      *slog.Logger
}

func newLogLeaks(p *platform, a *access, f *fabric, d *delivery) *logLeaks {
	l := &logLeaks{leaks: f.leaks, events: a.events, runs: d.logs, position: p.path("leaks.position"), log: p.log}
	l.services = &leaklog.Services{Inspector: l, Log: p.log}
	return l
}

// Inspect implements leaklog.Inspector.
func (l *logLeaks) Inspect(ctx context.Context, of leaklog.Log, first int, text string) error {
	at := leak.Place{Kind: leak.Log, Workload: of.Workload, Run: of.Run, Line: first, Part: of.Part}
	if of.Run == "" {
		at.Path, at.Part = "service "+of.Service+", container "+of.Container, true
	}
	_, err := l.leaks.Inspect(ctx, of.Scope, at, text)
	return err
}

// Said takes along what a service says.
func (l *logLeaks) Said(scope kernel.Scope, service, container, line string) {
	l.services.Say(leaklog.Log{Scope: scope, Service: service, Container: container}, line)
}

// Runs looks through the log of each run once it has ended, in the order of their ends,
// until ctx ends.
func (l *logLeaks) Runs(ctx context.Context) error {
	from, err := l.begin(ctx)
	if err != nil {
		return err
	}
	saved, at := from, l.clock.Now()
	save := func() error {
		if saved == from {
			return nil
		}
		saved, at = from, l.clock.Now()
		return wholefile.Replace(l.position, []byte(strconv.FormatUint(from, 10)), 0o600)
	}
	for follower := l.events.Follow(from); ; {
		e, err := follower.Next(ctx)
		if ctx.Err() != nil {
			return save()
		}
		if err != nil {
			return err
		}
		if of, ended := endOf(e); ended {
			err := leaklog.Ended(ctx, l.runs, l, of)
			if ctx.Err() != nil {
				return save() // this one is looked through after the next start
			}
			if err != nil {
				l.log.WarnContext(ctx, "the log of a run was not looked through for leaked values", "run", of.Run, "error", err)
			}
		}
		if from = e.Sequence; l.clock.Now().Sub(at) >= savePosition {
			if err := save(); err != nil {
				return err
			}
		}
	}
}

// begin returns after which event to begin: now, the first time.
func (l *logLeaks) begin(ctx context.Context) (uint64, error) {
	text, err := os.ReadFile(l.position)
	if err == nil {
		if from, err := strconv.ParseUint(string(text), 10, 64); err == nil {
			return from, nil
		}
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	b, err := l.events.Bounds(ctx)
	return b.Last, err
}

// endOf is the log of a run, where an event tells its end.
func endOf(e event.Event) (leaklog.Log, bool) {
	end, ok := strings.CutPrefix(e.Fact(), "run.")
	if status := run.Status(end); !ok || !slices.Contains(run.Statuses(), status) || !status.Terminal() {
		return leaklog.Log{}, false
	}
	var told struct {
		Workload string `json:"workload"`
	}
	if json.Unmarshal(e.Data, &told) != nil {
		return leaklog.Log{}, false
	}
	return leaklog.Log{Scope: e.Scope(), Workload: told.Workload, Run: e.Subject}, true
}
