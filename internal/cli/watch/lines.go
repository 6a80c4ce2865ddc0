package watch

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

// Lines tells a run line by line; what it writes stays.
type Lines struct {
	W io.Writer
	// Quiet leaves out the events, all but warnings.
	Quiet bool
	ended int
	begun int
	waits string
}

// Event writes one line. Errors of terraform come with the run's failure, once.
func (l *Lines) Event(e apiclient.RunEvent) {
	if fatal(e) {
		return
	}
	if text := Line(e); text != "" && (!l.Quiet || e.Level == "error" || e.Level == "warn") {
		_, _ = fmt.Fprintf(l.W, "  %s\n", text)
	}
}

// Status writes a line for every phase that began or ended since.
func (l *Lines) Status(r apiclient.Run) {
	for i, p := range r.Phases {
		switch {
		case p.Ended != nil && i >= l.ended:
			l.ended, l.begun = i+1, i+1
			if !idle(p) {
				_, _ = fmt.Fprintln(l.W, phaseLine(r, p))
			}
		case p.Ended == nil && i >= l.begun && !r.Ended() && !l.Quiet && p.Name != "queue":
			_, _ = fmt.Fprintf(l.W, "%-9s …\n", p.Name)
			l.begun = i + 1
		}
	}
	if text := queued(r); text != l.waits {
		l.waits = text
		if text != "" {
			_, _ = fmt.Fprintf(l.W, "queue     … %s\n", text)
		}
	}
}

// queued is what a run waits for that was not taken up yet, "" for nothing.
func queued(r apiclient.Run) string {
	if r.Status != apiclient.RunStatusQueued || r.Waits == nil {
		return ""
	}
	return r.Waits.Message
}

// idle reports whether nobody needs to know of a phase: a wait that was none.
func idle(p apiclient.RunPhase) bool {
	return p.Name == "queue" && p.Ended.Sub(p.Started) < time.Second
}

// Lost says that the server is away, or back.
func (l *Lines) Lost(err error) { _, _ = fmt.Fprintln(l.W, lostLine(err)) }

// Close does nothing: lines stay.
func (l *Lines) Close() {}

func lostLine(err error) string {
	if err == nil {
		return "the server is back"
	}
	return "the server is out of reach; waiting for it"
}

// Line is an event as one line, "" for one that only a log needs: preparation,
// and what the status lines tell anyway. Warnings and errors are always told.
func Line(e apiclient.RunEvent) string {
	loud := e.Level == "error" || e.Level == "warn"
	if e.Level == "debug" || e.Message == "" || strings.HasPrefix(e.Type, statusEvent) && e.Type != interrupted || (!loud && background(e)) {
		return ""
	}
	text := output.Visible(strings.TrimSpace(e.Message))
	for _, prefix := range []string{"Error: ", "Warning: "} { // terraform's own words for the level
		text = strings.TrimPrefix(text, prefix)
	}
	if e.Address != "" && !strings.Contains(text, e.Address) {
		text = e.Address + ": " + text
	}
	if loud {
		text = string(e.Level) + ": " + text
	}
	return text
}

// interrupted is the event of a run whose runner was gone in the middle: no status tells it.
const interrupted = "run.interrupted"

// fatal reports whether the run fails with what an event tells.
func fatal(e apiclient.RunEvent) bool { return e.Type == "diagnostic" && e.Level == "error" }

// background reports whether an event is terraform's talk about itself, or
// repeats the plan in the apply.
func background(e apiclient.RunEvent) bool {
	switch e.Type {
	case "version", "log", "init_output", "init_reused", "outputs":
		return true
	case "planned_change":
		return e.Phase == "apply"
	}
	return false
}

func phaseLine(r apiclient.Run, p apiclient.RunPhase) string {
	var took time.Duration
	if p.Ended != nil {
		took = p.Ended.Sub(p.Started)
	}
	line := fmt.Sprintf("%-9s %7s", p.Name, output.Duration(took))
	if p.Name == "plan" && r.Plan != nil {
		line += "  " + PlanLine(*r.Plan)
	}
	if p.Name == "verify" && len(r.Verification) > 0 {
		line += "  " + verified(r.Verification)
	}
	return line
}

func verified(checks []apiclient.RunCheckResult) string {
	passed := 0
	for _, c := range checks {
		if c.Passed {
			passed++
		}
	}
	return fmt.Sprintf("%d of %d checks passed", passed, len(checks))
}

// PlanLine says in words what a plan does.
func PlanLine(p apiclient.RunPlan) string {
	var parts []string
	for _, c := range []struct {
		n    int64
		word string
	}{{p.Create, "create"}, {p.Update, "update"}, {p.Replace, "replace"}, {p.Delete, "delete"}} {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d to %s", c.n, c.word))
		}
	}
	if len(parts) == 0 {
		return "nothing to change"
	}
	return strings.Join(parts, ", ")
}
