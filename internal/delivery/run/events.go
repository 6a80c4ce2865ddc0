package run

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// lastWord is how long a reader waits for the last line of a run that has ended.
	lastWord = time.Second
	// lookAgain bounds the wait of a reader when another node executes the run.
	lookAgain = 2 * time.Second
)

// tell appends an event to the run's log. The log is an account, not the
// truth: a run does not fail because its log cannot be written.
func (s *Service) tell(ctx context.Context, r Run, typ, message string) {
	level := "info"
	if r.Status == Failed {
		level = "error"
	}
	s.append(ctx, Event{Time: s.Clock.Now(), Run: r.ID, Phase: phaseOf(r), Level: level, Type: typ, Message: message})
}

func (s *Service) append(ctx context.Context, e Event) {
	if err := s.Logs.Append(context.WithoutCancel(ctx), e.Run, e); err != nil {
		s.Log.WarnContext(ctx, "the log of a run cannot be written", "run", e.Run, "error", err)
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
	s := fmt.Sprintf("%s of %s to %s is %s", r.Operation, r.Workload, r.Scope.Stage, words(r.Status))
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

// Events writes the run's log to write, in whole lines of NDJSON. With follow
// it goes on until the run has ended or ctx does.
func (s *Service) Events(ctx context.Context, scope kernel.Scope, id string, follow bool, write func(lines []byte) error) error {
	var offset int64
	var ended bool
	var r Run
	var known time.Time // until when r is not looked at again
	for {
		if now := s.Clock.Now(); !now.Before(known) {
			var err error
			if r, err = s.Get(ctx, scope, id); err != nil {
				return err
			}
			known = now.Add(lookAgain)
		}
		lines, next, more, err := s.Logs.Read(ctx, id, offset)
		if err != nil {
			return err
		}
		if len(lines) > 0 {
			if err := write(lines); err != nil {
				return err
			}
			offset, ended = next, endsRun(lines)
			continue
		}
		if !follow || ended {
			return ctx.Err()
		}
		told, goOn := s.awaitMore(ctx, r, more)
		if !goOn {
			return ctx.Err()
		}
		if !told {
			known = time.Time{}
		}
	}
}

// endsRun reports whether the last line tells the end of a run.
func endsRun(lines []byte) bool {
	lines = bytes.TrimRight(lines, "\n")
	var e Event
	if json.Unmarshal(lines[bytes.LastIndexByte(lines, '\n')+1:], &e) != nil {
		return false
	}
	status, isRun := strings.CutPrefix(e.Type, "run.")
	return isRun && slices.Contains(Statuses(), Status(status)) && Status(status).Terminal()
}

// awaitMore waits for more lines. It reports whether it was told of any, and
// whether there can be more.
func (s *Service) awaitMore(ctx context.Context, r Run, more <-chan struct{}) (told, goOn bool) {
	wait := lookAgain
	if r.Status.Terminal() {
		if s.Clock.Now().Sub(r.UpdatedAt) > lastWord {
			return false, false
		}
		wait = lastWord
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-more:
		return true, true
	case <-ctx.Done():
		return false, false
	case <-timer.C:
		return false, !r.Status.Terminal()
	}
}
