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

	"github.com/terrace-idp/terrace/internal/kernel"
)

// mostOfRun bounds what is looked at of the log of one run, in bytes.
const mostOfRun = 8 << 20

// Log is one that is looked through.
type Log struct {
	Scope    kernel.Scope
	Workload string
	// Run is the run that it is of; else Service and Container are what wrote it.
	Run                string
	Service, Container string
	// Part says that there is more of it than is looked at.
	Part bool
}

// Inspector looks through texts.
type Inspector interface {
	// Inspect looks through a part of a log, the first line of which has a number.
	Inspect(ctx context.Context, of Log, first int, text string) error
}

// Runs reads logs of runs.
type Runs interface {
	// Read returns whole lines of NDJSON from offset on, and the offset after them; there
	// are none where there is no log.
	Read(ctx context.Context, run string, offset int64) (lines []byte, next int64, more <-chan struct{}, err error)
}

// Ended looks through the log of a run that has ended, as people read it. What comes after
// its first 8 MiB is not looked at.
func Ended(ctx context.Context, runs Runs, in Inspector, of Log) error {
	var text strings.Builder
	for offset := int64(0); text.Len() < mostOfRun; {
		lines, next, _, err := runs.Read(ctx, of.Run, offset)
		if err != nil {
			return err
		}
		if len(lines) == 0 {
			break
		}
		said(&text, lines)
		offset = next
	}
	if text.Len() == 0 {
		return nil
	}
	of.Part = text.Len() >= mostOfRun
	return in.Inspect(ctx, of, 1, text.String())
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
