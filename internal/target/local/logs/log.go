// Package logs keeps the output of a service in a bounded file that can be read
// and followed while it is written.
//
// It owns the file, its rotation and its format. It does not know what writes.
package logs

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// DefaultSize is the usual bound of a file in bytes.
const DefaultSize = 8 << 20

// maxLine bounds a line in bytes; a longer one is broken.
const maxLine = 16 << 10

// Line is one line of output.
type Line struct {
	Time time.Time `json:"time"`
	// Source is what has written it: a container.
	Source string `json:"source"`
	Text   string `json:"text"`
}

// Log is a file of lines. When it is full it becomes the older file, of which
// one is kept, and a new one is begun.
type Log struct {
	path  string
	limit int64

	mu      sync.Mutex
	file    *os.File
	size    int64
	changed chan struct{}
	closed  bool
	failure error
}

// Open opens the log at path for more lines. limit is in bytes, 0 is DefaultSize.
func Open(path string, limit int64) (*Log, error) {
	if limit == 0 {
		limit = DefaultSize
	}
	l := &Log{path: path, limit: limit, changed: make(chan struct{})}
	return l, l.open()
}

func (l *Log) open() error {
	f, err := os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open the log: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(fmt.Errorf("open the log: %w", err), f.Close())
	}
	l.file, l.size = f, info.Size()
	return nil
}

// Failure returns why lines are being lost, nil when they are not.
func (l *Log) Failure() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.failure
}

// Close ends the log and with it those that follow.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	l.closed = true
	close(l.changed)
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}

// Printf writes a line of the platform's own about what it logs.
func (l *Log) Printf(format string, args ...any) {
	l.append("terrace", fmt.Sprintf(format, args...))
}

func (l *Log) append(source, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	line := time.Now().UTC().Format(time.RFC3339Nano) + " " + source + " " + text + "\n"
	if l.failure = l.write(line); l.failure == nil {
		close(l.changed)
		l.changed = make(chan struct{})
	}
}

func (l *Log) write(line string) error {
	if l.file == nil { // the last rotation failed
		if err := l.open(); err != nil {
			return err
		}
	}
	if l.size > 0 && l.size+int64(len(line)) > l.limit {
		if err := l.rotate(); err != nil {
			return err
		}
	}
	n, err := l.file.WriteString(line)
	l.size += int64(n)
	return err
}

func (l *Log) rotate() error {
	if err := os.Rename(l.path, l.older()); err != nil {
		return err
	}
	_ = l.file.Close() // what was written is in the file
	l.file = nil
	return l.open()
}

func (l *Log) older() string { return l.path + ".1" }

// Writer returns a writer for what source puts out, each line changed by edit.
// It never fails: a process must not stop because its log cannot be written;
// see Failure.
func (l *Log) Writer(source string, edit func(line string) string) io.WriteCloser {
	return &writer{log: l, source: source, edit: edit}
}

// writer breaks what is written into lines.
type writer struct {
	log     *Log
	source  string
	edit    func(string) string
	pending []byte
}

// Write takes output.
func (w *writer) Write(b []byte) (int, error) {
	w.pending = append(w.pending, b...)
	for {
		line, rest, ok := cutLine(w.pending)
		if !ok {
			break
		}
		w.log.append(w.source, w.edit(line))
		w.pending = rest
	}
	w.pending = append([]byte(nil), w.pending...)
	return len(b), nil
}

// Close writes what is left.
func (w *writer) Close() error {
	if len(w.pending) > 0 { // at most maxLine
		w.log.append(w.source, w.edit(strings.TrimRight(string(w.pending), "\r")))
		w.pending = nil
	}
	return nil
}

func cutLine(b []byte) (line string, rest []byte, ok bool) {
	advance, token, _ := bufio.ScanLines(b, false)
	if len(token) > maxLine || advance == 0 && len(b) > maxLine {
		advance, token = maxLine, b[:maxLine]
	}
	return string(token), b[advance:], advance > 0
}
