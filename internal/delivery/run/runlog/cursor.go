package runlog

import (
	"container/list"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// lookAgain is how often a reader looks whether others have handed parts on.
const lookAgain = 2 * time.Second

// cursor is a reader's place in a log.
type cursor struct {
	run    string
	offset int64
	parts  []*source
	// rest is what was read already, behind the place.
	rest []byte
	// looked is when the index was asked last, and handed how many parts were handed on then.
	looked time.Time
	handed int64
	// removed is since when the log is no more.
	removed time.Time

	used  time.Time
	place *list.Element
}

// source is a reader's place in a part.
type source struct {
	id, tenant string
	first      time.Time
	// live is nil for what this process does not write any longer.
	live *live
	// next is the number of the next frame, which head is once it was looked at.
	next uint64
	head *frame
	in   *reader
	// over says that there will be no more.
	over bool
}

func (c *cursor) close() {
	if c == nil {
		return
	}
	for _, s := range c.parts {
		s.in.close()
		s.in = nil
	}
}

func (c *cursor) has(id string) bool {
	return slices.ContainsFunc(c.parts, func(s *source) bool { return s.id == id })
}

func (c *cursor) add(s *source) {
	if c.has(s.id) {
		return
	}
	c.parts = append(c.parts, s)
	slices.SortStableFunc(c.parts, func(a, b *source) int { return a.first.Compare(b.first) })
}

// cursorAt returns a place in a log: where somebody has read to, or a new one.
func (l *Logs) cursorAt(ctx context.Context, id string, offset int64) (*cursor, error) {
	if c := l.cursors.take(id, offset); c != nil {
		return c, l.look(ctx, c)
	}
	c := &cursor{run: id}
	if err := l.look(ctx, c); err != nil {
		return c, err
	}
	if len(c.parts) == 0 && !c.removed.IsZero() {
		return c, removed(id, c.removed)
	}
	for c.offset < offset {
		lines, err := l.take(ctx, c)
		if err != nil {
			return c, err
		}
		if len(lines) == 0 {
			break
		}
		if over := c.offset + int64(len(lines)) - offset; over > 0 {
			c.rest = lines[int64(len(lines))-over:]
		}
		c.offset += int64(len(lines))
	}
	c.offset = offset
	return c, nil
}

func removed(id string, at time.Time) error {
	return kernel.Errorf(kernel.NotFound, "the log of %s was removed at %s, as it was kept for as long as runLogKeep of the configuration says", id, at.Format(time.RFC3339))
}

// look finds the parts that there are: those here, and those in the blobs.
func (l *Logs) look(ctx context.Context, c *cursor) error {
	if err := l.movePlain(ctx, c.run); err != nil {
		return err
	}
	if p := l.writing.of(c.run); p != nil {
		c.add(&source{id: p.id, tenant: p.tenant, first: p.made, live: p})
	}
	for _, id := range l.left.parts(c.run) {
		c.add(&source{id: id})
	}
	now, handed := l.Clock.Now(), l.handed.Load()
	if !c.looked.IsZero() && handed == c.handed && (l.Alone || now.Sub(c.looked) < lookAgain) {
		return nil
	}
	known, err := l.Index.LogParts(ctx, c.run)
	if err != nil {
		return err
	}
	c.looked, c.handed = now, handed
	for _, p := range known {
		if p.Removed.IsZero() {
			c.add(&source{id: p.ID, tenant: p.Tenant, first: p.First})
		} else {
			c.removed = p.Removed
		}
	}
	return nil
}

// take returns the next lines of all parts, in the order in which they were written.
func (l *Logs) take(ctx context.Context, c *cursor) ([]byte, error) {
	lines := c.rest
	c.rest = nil
	for len(lines) < chunk {
		s, err := l.earliest(ctx, c)
		if err != nil || s == nil {
			return lines, err
		}
		if lines == nil {
			lines = slices.Clone(s.head.lines)
		} else {
			lines = append(lines, s.head.lines...)
		}
		s.head = nil
		s.next++
	}
	return lines, nil
}

// earliest returns the part whose next frame comes first, nil where there is none.
func (l *Logs) earliest(ctx context.Context, c *cursor) (best *source, err error) {
	for _, s := range c.parts {
		if s.over || best != nil && s.head == nil && s.first.After(best.head.at) {
			continue
		}
		if err := l.peek(ctx, c.run, s); err != nil {
			return nil, err
		}
		if s.head != nil && (best == nil || s.head.at.Before(best.head.at)) {
			best = s
		}
	}
	return best, nil
}

// peek looks at the next frame of a part, if there is one.
func (l *Logs) peek(ctx context.Context, id string, s *source) error {
	if s.head != nil {
		return nil
	}
	if s.live != nil {
		f, known, there := s.live.remembered(s.next)
		if known {
			s.head = &f
			s.in.close()
			s.in = nil
			return nil
		}
		if !there {
			s.over = s.live.done(s.next)
			return nil
		}
	}
	if s.in == nil {
		if err := l.openSource(ctx, id, s); err != nil || s.over {
			return err
		}
	}
	f, err := s.in.frame()
	if errors.Is(err, io.EOF) {
		s.over = s.live == nil || s.live.done(s.next)
		s.in.close()
		s.in = nil
		return nil
	}
	if err == nil {
		s.head = &f
	}
	return err
}

// openSource opens the file of a part, or its blob where it was handed on.
func (l *Logs) openSource(ctx context.Context, id string, s *source) error {
	var from io.ReadCloser
	from, err := os.Open(l.path(id, s.id))
	if errors.Is(err, fs.ErrNotExist) {
		from, err = l.blob(ctx, id, s)
	}
	if kernel.Is(err, kernel.NotFound) && s.next == 0 {
		s.over = true // it was removed just now
		return nil
	}
	if err != nil {
		return err
	}
	in, err := openPart(ctx, l.Sealer, id, s.id, from)
	if errors.Is(err, errCut) {
		s.over = true
		return nil
	}
	if err != nil {
		return err
	}
	if err := in.skip(s.next); err != nil {
		in.close()
		return err
	}
	s.in = in
	return nil
}

func (l *Logs) blob(ctx context.Context, id string, s *source) (io.ReadCloser, error) {
	if s.tenant == "" {
		known, err := l.Index.LogParts(ctx, id)
		if err != nil {
			return nil, err
		}
		for _, p := range known {
			if p.ID == s.id {
				s.tenant = p.Tenant
			}
		}
	}
	if s.tenant == "" {
		return nil, kernel.Errorf(kernel.NotFound, "there is no part %s", s.id)
	}
	return l.Blobs.Get(ctx, key(run.LogPart{Run: id, ID: s.id, Tenant: s.tenant}))
}

// key is where a part is among the blobs.
func key(p run.LogPart) string { return Prefix(p.Tenant) + p.Run + "." + p.ID }

// Prefix is that of all logs of a tenant among the blobs.
func Prefix(tenant string) string { return "logs/" + tenant + "/" }
