package logs

import (
	"bufio"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"
)

// Tail returns the last n lines of the log at path, which may be in use.
func Tail(path string, n int) ([]Line, error) {
	var lines []Line
	for _, name := range []string{path + ".1", path} {
		f, err := os.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		err = each(f, func(l Line) { lines = keepLast(append(lines, l), n) })
		if err = errors.Join(err, f.Close()); err != nil {
			return nil, err
		}
	}
	return lines[max(0, len(lines)-n):], nil
}

// keepLast drops what is surely not among the last n, now and then.
func keepLast(lines []Line, n int) []Line {
	if len(lines) < 2*n+1024 {
		return lines
	}
	return append([]Line(nil), lines[len(lines)-n:]...)
}

func each(r io.Reader, fn func(Line)) error {
	s := bufio.NewScanner(r)
	s.Buffer(nil, 2*maxLine)
	for s.Scan() {
		fn(parse(s.Text()))
	}
	return s.Err()
}

func parse(s string) Line {
	stamp, rest, _ := strings.Cut(s, " ")
	source, text, _ := strings.Cut(rest, " ")
	t, err := time.Parse(time.RFC3339Nano, stamp)
	if err != nil {
		return Line{Text: s}
	}
	return Line{Time: t, Source: source, Text: text}
}

// Follow calls fn with the last n lines and then with every further one, until
// fn fails, ctx is done or the log is closed, which is no error.
func (l *Log) Follow(ctx context.Context, n int, fn func(Line) error) error {
	l.mu.Lock()
	lines, err := Tail(l.path, n)
	offset, file, changed := l.size, l.file, l.changed
	l.mu.Unlock()
	if err != nil {
		return err
	}
	for _, line := range lines {
		if err := fn(line); err != nil {
			return err
		}
	}
	return l.follow(ctx, follower{offset: offset, file: file, changed: changed}, fn)
}

// follower is how far one reader has come.
type follower struct {
	file    *os.File // the file being written when it looked last
	offset  int64
	changed <-chan struct{}
}

func (l *Log) follow(ctx context.Context, at follower, fn func(Line) error) error {
	for {
		select {
		case <-at.changed:
		case <-ctx.Done():
			return ctx.Err()
		}
		lines, closed, err := l.since(&at)
		if err != nil {
			return err
		}
		for _, line := range lines {
			if err := fn(line); err != nil {
				return err
			}
		}
		if closed {
			return nil
		}
	}
}

// since returns the lines after at and moves at on. Of a reader that is more
// than a whole file behind, what has been dropped meanwhile is lost.
func (l *Log) since(at *follower) (lines []Line, closed bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	collect := func(line Line) { lines = append(lines, line) }
	if at.file != l.file {
		if err := readFrom(l.older(), at.offset, collect); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, false, err
		}
		at.file, at.offset = l.file, 0
	}
	if err := readFrom(l.path, at.offset, collect); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, false, err
	}
	at.offset, at.changed = l.size, l.changed
	return lines, l.closed, nil
}

func readFrom(path string, offset int64, fn func(Line)) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if _, err := f.Seek(offset, io.SeekStart); err != nil {
		return err
	}
	return each(f, fn)
}
