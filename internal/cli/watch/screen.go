package watch

import (
	"fmt"
	"io"
	"time"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

const (
	wipe  = "\r\x1b[K"
	width = 100
)

// Screen tells a run on a terminal: finished phases stay, what is going on
// now is one line that is written over.
type Screen struct {
	W     io.Writer
	last  string
	phase string
	since time.Time
	ended int
}

// Event shows terraform's newest word; warnings stay. Errors of terraform come
// with the run's failure, once.
func (s *Screen) Event(e apiclient.RunEvent) {
	text := Line(e)
	if text == "" || fatal(e) {
		return
	}
	if e.Level == "error" || e.Level == "warn" {
		_, _ = fmt.Fprintf(s.W, "%s  %s\n", wipe, text)
		return
	}
	s.last = text
	s.draw()
}

// Status keeps finished phases and shows the current one.
func (s *Screen) Status(r apiclient.Run) {
	s.phase = ""
	for i, p := range r.Phases {
		if p.Ended == nil {
			s.phase, s.since = p.Name, p.Started
			continue
		}
		if i < s.ended {
			continue
		}
		s.ended, s.last = i+1, ""
		if !idle(p) {
			_, _ = fmt.Fprintf(s.W, "%s✓ %s\n", wipe, phaseLine(r, p))
		}
	}
	if text := queued(r); text != "" {
		s.last = text
	}
	s.draw()
}

// Lost says that the server is away, or back.
func (s *Screen) Lost(err error) {
	s.last = lostLine(err)
	s.draw()
}

func (s *Screen) draw() {
	if s.phase == "" {
		_, _ = fmt.Fprint(s.W, wipe)
		return
	}
	line := []rune(fmt.Sprintf("%-9s %7s  %s", s.phase, output.Duration(max(0, time.Since(s.since))), s.last))
	_, _ = fmt.Fprintf(s.W, "%s· %s", wipe, string(line[:min(width, len(line))]))
}

// Close takes the line away.
func (s *Screen) Close() { _, _ = fmt.Fprint(s.W, wipe) }
