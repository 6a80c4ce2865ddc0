package runlog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// RoundEvery is how often parts are to be handed on.
	RoundEvery = 2 * time.Second
	// quiet is how long nothing is told of a run that has ended before its part is
	// handed on.
	quiet = time.Second
	// firstPause and lastPause bound how long others wait for what is told of a run that
	// is under way: the longer it is, the longer they do.
	firstPause = 2 * time.Second
	lastPause  = time.Minute
	// idle is how long a part stays here without a line where nobody waits for it.
	idle = 10 * time.Minute
	// atOnce is how many parts go into one transaction.
	atOnce = 100
)

// pauses are how long others wait for what is told of runs that are under way.
type pauses struct {
	of map[string]pause
}

type pause struct {
	length time.Duration
	at     time.Time
}

// next is how long the next part of a run may be here.
func (p *pauses) next(id string) time.Duration { return max(p.of[id].length, firstPause) }

// longer has the part after it wait longer.
func (p *pauses) longer(id string, now time.Time) {
	p.of[id] = pause{min(2*p.next(id), lastPause), now}
}

func (p *pauses) sweep(now time.Time) {
	for id, known := range p.of {
		if now.Sub(known.at) > idle {
			delete(p.of, id)
		}
	}
}

// Round hands on what is to be read elsewhere: the parts of runs that have ended or wait,
// what former processes have left, and now and then what is told of runs under way.
func (l *Logs) Round(ctx context.Context) error {
	l.turn.Lock()
	defer l.turn.Unlock()
	now := l.Clock.Now()
	l.cursors.sweep(now)
	l.shared.sweep(now)
	for _, p := range l.writing.all() {
		if l.due(p, now) && l.freeze(p) {
			l.shared.longer(p.run, now)
		}
	}
	return errors.Join(l.moveAll(ctx), l.handOn(ctx, l.left.due(now)))
}

// Close hands everything on. Nothing may be told any longer.
func (l *Logs) Close(ctx context.Context) error {
	l.turn.Lock()
	defer l.turn.Unlock()
	for _, p := range l.writing.all() {
		l.freeze(p)
	}
	return l.handOn(ctx, l.left.due(l.Clock.Now().Add(lastTry)))
}

// due reports whether nothing more is to be added to a part.
func (l *Logs) due(p *live, now time.Time) bool {
	executes := l.Executes != nil && l.Executes(p.run)
	p.mu.Lock()
	defer p.mu.Unlock()
	switch silent := now.Sub(p.last); {
	case p.next == 0:
		return now.Sub(p.made) >= idle
	case p.ends:
		return silent >= quiet && !executes
	case l.Alone:
		return silent >= idle && !executes
	default:
		return now.Sub(p.made) >= l.shared.next(p.run)
	}
}

// handOn puts parts into the blobs, and removes their files once the index has them.
func (l *Logs) handOn(ctx context.Context, all []*leftover) error {
	var errs []error
	for some := range slices.Chunk(all, atOnce) {
		var parts []run.LogPart
		for _, f := range some {
			p, err := l.upload(ctx, f)
			if err != nil {
				errs = append(errs, l.notHandedOn(ctx, f, err))
			} else if p.Size > 0 {
				parts = append(parts, p)
			}
		}
		if err := l.index(ctx, parts); err != nil {
			errs = append(errs, err)
			for _, f := range some {
				l.left.failed(f, l.Clock.Now())
			}
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(errs...)
}

// notHandedOn has a part tried again later, unless its run is no more.
func (l *Logs) notHandedOn(ctx context.Context, f *leftover, err error) error {
	if _, unknown := l.Index.RunTenant(ctx, f.run); kernel.Is(unknown, kernel.NotFound) {
		return l.discard(f.run, f.id)
	}
	l.left.failed(f, l.Clock.Now())
	return fmt.Errorf("hand on the log of %s: %w", f.run, err)
}

// index notes parts that are in the blobs, and removes their files.
func (l *Logs) index(ctx context.Context, parts []run.LogPart) error {
	if len(parts) == 0 {
		return nil
	}
	gone, err := l.Index.AddLogParts(ctx, parts)
	if err != nil {
		return err
	}
	l.handed.Add(int64(len(parts)))
	var errs []error
	for _, p := range gone {
		errs = append(errs, l.Blobs.Delete(ctx, key(p)))
	}
	for _, p := range parts {
		errs = append(errs, l.discard(p.Run, p.ID))
	}
	return errors.Join(errs...)
}

// discard removes the file of a part.
func (l *Logs) discard(id, part string) error {
	l.left.remove(id, part)
	if err := os.Remove(l.path(id, part)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// upload puts a part into the blobs: its whole frames, of which a crash may have left
// half of one behind. A part without any is removed.
func (l *Logs) upload(ctx context.Context, f *leftover) (run.LogPart, error) {
	file, err := os.Open(l.path(f.run, f.id))
	if errors.Is(err, fs.ErrNotExist) {
		l.left.remove(f.run, f.id) // whoever removed it wanted it so
		return run.LogPart{}, nil
	}
	if err != nil {
		return run.LogPart{}, err
	}
	in, err := openPart(ctx, l.Sealer, f.run, f.id, file)
	if errors.Is(err, errCut) {
		return run.LogPart{}, l.discard(f.run, f.id)
	}
	if err != nil {
		return run.LogPart{}, err
	}
	defer in.close()
	p := run.LogPart{Run: f.run, ID: f.id, Tenant: in.tenant}
	for {
		frame, err := in.frame()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return p, err
		}
		if p.First.IsZero() {
			p.First = frame.at
		}
		p.Last, p.Size = frame.at, in.offset
	}
	if p.Size == 0 {
		return p, l.discard(f.run, f.id)
	}
	return p, l.Blobs.Put(ctx, key(p), io.NewSectionReader(file, 0, p.Size))
}

// Expire removes the logs of runs that are kept long enough.
func (l *Logs) Expire(ctx context.Context) error {
	if l.Keep == 0 {
		return nil
	}
	for {
		now := l.Clock.Now()
		old, err := l.Index.OldLogParts(ctx, now.Add(-l.Keep), atOnce)
		if err != nil || len(old) == 0 {
			return err
		}
		for _, p := range old {
			if err := l.Blobs.Delete(ctx, key(p)); err != nil {
				return err
			}
		}
		if err := l.Index.RemoveLogParts(ctx, old, now); err != nil {
			return err
		}
		l.handed.Add(1) // who reads looks again
	}
}
