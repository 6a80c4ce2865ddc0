package run

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// lastWord is how long a reader waits for the last line of a run that has ended, and
	// handedOn how long where another process may have to hand it on first.
	lastWord = time.Second
	handedOn = 15 * time.Second
	// lookAgain and lookAtLast bound the wait of a reader when another node executes
	// the run: the longer it has waited, the longer until it looks at the run again.
	// Lines that are written here wake it at once.
	lookAgain  = 2 * time.Second
	lookAtLast = 30 * time.Second
)

// tell appends an event to the run's log. The log is an account, not the
// truth: a run does not fail because its log cannot be written.
func (s *Service) tell(ctx context.Context, r Run, typ, message string) {
	s.append(ctx, r.Scope, r.ID, s.event(r, typ, message))
}

// event is one line of what has become of the run.
func (s *Service) event(r Run, typ, message string) Event {
	level := "info"
	if r.Status == Failed {
		level = "error"
	}
	return Event{Time: s.Clock.Now(), Run: r.ID, Phase: phaseOf(r), Level: level, Type: typ, Message: message}
}

func (s *Service) append(ctx context.Context, scope kernel.Scope, run string, events ...Event) {
	if err := s.Logs.Append(context.WithoutCancel(ctx), scope.Tenant, run, events...); err != nil {
		s.Log.WarnContext(ctx, "the log of a run cannot be written", "run", run, "error", err)
	}
}

func phaseOf(r Run) string {
	if r.Failure != nil {
		return r.Failure.Phase
	}
	if n := len(r.Phases); n > 0 {
		return r.Phases[n-1].Name
	}
	return ""
}

// describe says in one line where the run is now.
func describe(r Run) string {
	is := "is"
	if r.Status == Succeeded || r.Status == Failed {
		is = "has"
	}
	s := fmt.Sprintf("%s of %s to %s %s %s", r.Operation, r.Workload, r.Scope.Stage, is, words(r.Status))
	if r.Failure != nil {
		return s + ": " + r.Failure.Message
	}
	if r.StatusReason != "" {
		return s + ": " + r.StatusReason
	}
	return s
}

func words(s Status) string {
	if s == AwaitingApproval {
		return "awaiting approval"
	}
	return string(s)
}

// RunLog opens the log of a run.
func (s *Service) RunLog(ctx context.Context, scope kernel.Scope, id string) (*LogReader, error) {
	l := &LogReader{s: s, scope: scope, id: id}
	if err := l.look(ctx); err != nil {
		return nil, err
	}
	l.begun = true
	return l, l.read(ctx) // that it is no more is told before anything is written
}

// read reads on.
func (l *LogReader) read(ctx context.Context) (err error) {
	l.lines, l.next, l.more, err = l.s.Logs.Read(ctx, l.id, l.offset)
	return err
}

// Events writes the log to write, in whole lines of NDJSON. With follow it goes on
// until the run has ended or ctx does. It is for one call.
func (l *LogReader) Events(ctx context.Context, follow bool, write func(lines []byte) error) error {
	for {
		if err := l.look(ctx); err != nil {
			return err
		}
		if !l.begun {
			if err := l.read(ctx); err != nil {
				return err
			}
		}
		l.begun = false
		if len(l.lines) > 0 {
			if err := write(l.lines); err != nil {
				return err
			}
			if l.offset, l.ended = l.next, endsRun(l.lines); !follow || l.ended {
				continue // to what there is after it already
			}
		} else if !follow || l.ended {
			return ctx.Err()
		}
		if !l.await(ctx, l.more) {
			return ctx.Err()
		}
	}
}

// LogReader is somebody who reads the log of a run.
type LogReader struct {
	s      *Service
	scope  kernel.Scope
	id     string
	offset int64
	// lines are what was read last, next the offset after them, and more is closed when
	// there is more; begun says that nobody has got them yet.
	lines []byte
	next  int64
	more  <-chan struct{}
	begun bool
	// ended says that the last line told the end of the run.
	ended bool
	// run is the run as it was when the reader last looked, which it does not before again.
	run   Run
	again time.Time
	// pause is how long a run is known after a look.
	pause time.Duration
}

// look finds out how the run is, and whether it still may be read, now and then.
func (l *LogReader) look(ctx context.Context) (err error) {
	now := l.s.Clock.Now()
	if now.Before(l.again) {
		return nil
	}
	l.run, err = l.s.Get(ctx, l.scope, l.id)
	if l.pause = min(max(2*l.pause, lookAgain), lookAtLast); l.s.Alone {
		l.pause = lookAtLast
	}
	l.again = now.Add(l.pause)
	return err
}

// endsRun reports whether the last line tells the end of a run.
func endsRun(lines []byte) bool {
	lines = bytes.TrimRight(lines, "\n")
	last := lines[bytes.LastIndexByte(lines, '\n')+1:]
	var e Event
	return bytes.Contains(last, []byte(`"run.`)) && json.Unmarshal(last, &e) == nil && e.EndsRun()
}

// await waits for more lines, and reports whether there can be any.
func (l *LogReader) await(ctx context.Context, more <-chan struct{}) (goOn bool) {
	select {
	case <-more:
		return true
	default:
	}
	wait := l.pause
	if l.run.Status.Terminal() {
		if l.s.Clock.Now().Sub(l.run.UpdatedAt) > l.patience() {
			return false
		}
		wait = lastWord
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-more:
		return true
	case <-ctx.Done():
		return false
	case <-timer.C:
		l.again = time.Time{}
		return !l.s.Alone || !l.run.Status.Terminal()
	}
}

// patience is how long the last line of a run that has ended may take.
func (l *LogReader) patience() time.Duration {
	if l.s.Alone {
		return lastWord
	}
	return handedOn
}
