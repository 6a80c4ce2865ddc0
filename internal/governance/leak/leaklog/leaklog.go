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

// mostOfRun bounds what is looked at of the log of one run, in bytes.
const mostOfRun = 8 << 20

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

// read returns what people read of the log of a run, no more than its first 8 MiB, and
// whether that is all of it. Where there is no log here, there is no text.
func read(ctx context.Context, runs Runs, run string) (text string, whole bool, err error) {
	var b strings.Builder
	for offset := int64(0); b.Len() < mostOfRun; {
		lines, next, _, err := runs.Read(ctx, run, offset)
		if err != nil {
			return "", false, err
		}
		if len(lines) == 0 {
			return b.String(), true, nil
		}
		said(&b, lines)
		offset = next
	}
	return b.String(), false, nil
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
		text.WriteString(e.Message)
		text.WriteByte('\n')
	}
}
