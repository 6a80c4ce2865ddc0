// Package leaklog has logs looked through for leaked values: those of runs once they
// have ended, those of services while they are written.
//
// It owns how much of them is looked at, and when. It owns neither the logs nor what a
// leaked value is, nor what becomes of one: governance/leak does.
package leaklog

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"

	"github.com/terrace-idp/terrace/internal/governance/leak"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// mostOfStretch is how much of the log of a run is looked at at once, in bytes, overlap what
	// of a stretch is in the next one as well, and mostOfRun bounds all.
	mostOfStretch = 8 << 20
	overlap       = 64 << 10
	mostOfRun     = 64 << 20
)

// Log is one that is looked through.
type Log struct {
	Scope    kernel.Scope
	Workload string
	// Run is the run that it is of; else Service and Container are what wrote it.
	Run string
	// By is who asked for the run.
	By                 string
	Service, Container string
	// Part says that there is more of it than is looked at.
	Part bool
}

// place is where the log is, from a line on. What services say is a part at a time.
func (l Log) place(first int) leak.Place {
	if l.Run != "" {
		return leak.Place{Kind: leak.Log, Workload: l.Workload, Run: l.Run, Line: first, Part: l.Part, By: l.By}
	}
	return leak.Place{Kind: leak.Log, Path: "service " + l.Service + ", container " + l.Container, Line: first, Part: true}
}

// Leaks looks through texts, and keeps what it finds.
type Leaks interface {
	Inspect(ctx context.Context, scope kernel.Scope, at leak.Place, text string) (leak.Report, error)
	// Unseen tells that a text could not be looked through, and will not be.
	Unseen(ctx context.Context, scope kernel.Scope, at leak.Place, why string) error
}

// Runs reads logs of runs.
type Runs interface {
	// Read returns whole lines of NDJSON from offset on, and the offset after them; there
	// are none where there is no log.
	Read(ctx context.Context, run string, offset int64) (lines []byte, next int64, more <-chan struct{}, err error)
}

// stretches reads what people read of the log of a run, a stretch after the other.
type stretches struct {
	runs   Runs
	run    string
	offset int64
	// line is the one that the next stretch begins with, rest what it has from the one before.
	line int
	rest string
}

// stretch is a part of a log, or all of it.
type stretch struct {
	text string
	line int
	// more is how much of it was not in the one before, in bytes; last says that it is the end.
	more int
	last bool
}

// next returns the next stretch. It begins with the end of the one before, as a value may have
// several lines. Where there is no log here, the first one is empty.
func (p *stretches) next(ctx context.Context) (stretch, error) {
	var b strings.Builder
	b.WriteString(p.rest)
	out := stretch{line: p.line}
	for b.Len() < mostOfStretch && !out.last {
		lines, next, _, err := p.runs.Read(ctx, p.run, p.offset)
		if err != nil {
			return stretch{}, err
		}
		said(&b, lines)
		p.offset, out.last = next, len(lines) == 0
	}
	out.text, out.more = b.String(), b.Len()-len(p.rest)
	p.rest = ""
	if at := strings.IndexByte(out.text[max(0, len(out.text)-overlap):], '\n'); len(out.text) > overlap && at >= 0 {
		p.rest = out.text[len(out.text)-overlap+at+1:]
	}
	p.line += strings.Count(out.text[:len(out.text)-len(p.rest)], "\n")
	return out, nil
}

// said adds what events say, each from a line of its own.
func said(text *strings.Builder, events []byte) {
	for line := range bytes.Lines(events) {
		var e struct {
			Message string `json:"message"`
		}
		if json.Unmarshal(line, &e) != nil {
			continue // a crash has left it half
		}
		text.WriteString(readable(e.Message))
		text.WriteByte('\n')
	}
}

// readable is a text without what would make it none.
func readable(text string) string { return strings.ReplaceAll(text, "\x00", " ") }
