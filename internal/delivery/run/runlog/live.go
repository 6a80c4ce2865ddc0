package runlog

import (
	"context"
	"crypto/cipher"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// keptTail is how much of the end of a file that is open is in memory at least: who follows
// it reads it from there.
const keptTail = 16 << 10

// live is a part that this process writes.
type live struct {
	run, tenant, id string
	// made is when it was begun.
	made time.Time
	path string
	key  cipher.AEAD

	mu sync.Mutex
	// head is what the file begins with, nil once it is written.
	head []byte
	// file is nil before the first line, while others are written, and after the last.
	file *os.File
	// size is how much the file has, next the number of its next frame.
	size int64
	next uint64
	// recent are the last frames, kept is how many bytes they have.
	recent []frame
	kept   int
	last   time.Time
	// ends says that the end of the run was told.
	ends bool
	// frozen says that no more lines are added.
	frozen bool
}

// write adds lines to the log of a run.
func (l *Logs) write(ctx context.Context, tenant, id string, lines []byte, ends bool) error {
	for {
		p, err := l.current(ctx, tenant, id)
		if err != nil {
			return err
		}
		written, err := p.write(l.Clock.Now(), lines, ends)
		if err != nil {
			l.freeze(p) // how much of them is there is looked at when it is handed on
			return err
		}
		if written {
			l.writing.touch(p).close()
			return nil
		}
	}
}

// current returns the part that lines of the run are added to.
func (l *Logs) current(ctx context.Context, tenant, id string) (*live, error) {
	if p := l.writing.of(id); p != nil {
		return p, nil
	}
	p := &live{run: id, tenant: tenant, id: kernel.NewID("log"), made: l.Clock.Now()}
	p.path = l.path(id, p.id)
	var err error
	if p.head, p.key, err = headOf(ctx, l.Sealer, tenant, id, p.id); err != nil {
		return nil, err
	}
	return l.writing.put(p), nil
}

// freeze has no more lines added to a part, and reports whether it was not so already.
func (l *Logs) freeze(p *live) bool {
	p.mu.Lock()
	was := p.frozen
	p.frozen = true
	p.shut()
	empty := p.next == 0
	p.mu.Unlock()
	if was {
		return false
	}
	if !empty {
		l.left.add(p.run, p.id) // before it is forgotten: readers find it in either
	}
	l.writing.forget(p)
	return true
}

// write adds lines; false where the part is frozen.
func (p *live) write(now time.Time, lines []byte, ends bool) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.frozen {
		return false, nil
	}
	if now.Before(p.last) {
		now = p.last // a clock that was set back puts nothing before what came first
	}
	f := frame{at: now, lines: lines}
	if p.file == nil {
		if err := p.open(); err != nil {
			return false, err
		}
	}
	raw := sealFrame(p.head, p.key, p.next, f)
	if _, err := p.file.Write(raw); err != nil {
		return false, err
	}
	p.head, p.size, p.next, p.last = nil, p.size+int64(len(raw)), p.next+1, now
	p.ends = p.ends || ends
	p.remember(f)
	return true, nil
}

// open opens the file, and refuses one that is not as it was left.
func (p *live) open() error {
	file, err := os.OpenFile(p.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err == nil && info.Size() != p.size {
		err = kernel.Errorf(kernel.Internal, "%s was changed by another", p.path)
	}
	if err != nil {
		return errors.Join(err, file.Close())
	}
	p.file = file
	return nil
}

// remember keeps a frame in memory.
func (p *live) remember(f frame) {
	p.recent, p.kept = append(p.recent, f), p.kept+len(f.lines)
	drop := 0
	for over := p.kept - keptTail; drop < len(p.recent)-1 && over >= len(p.recent[drop].lines); drop++ {
		over -= len(p.recent[drop].lines)
		p.kept -= len(p.recent[drop].lines)
		p.recent[drop] = frame{}
	}
	p.recent = p.recent[drop:]
}

// close closes the file until the next line; nil is none.
func (p *live) close() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shut()
}

// shut is called with the lock held.
func (p *live) shut() {
	p.recent, p.kept = nil, 0
	if p.file != nil {
		_ = p.file.Close() // what was written is with the system
		p.file = nil
	}
}

// remembered returns the frame with the number n from memory; known is false where it is
// not there, and there tells whether there is one at all.
func (p *live) remembered(n uint64) (f frame, known, there bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n >= p.next {
		return frame{}, false, false
	}
	first := p.next - uint64(len(p.recent))
	if n < first {
		return frame{}, false, true
	}
	return p.recent[n-first], true, true
}

// done reports whether nothing comes after so many frames.
func (p *live) done(frames uint64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.frozen && frames >= p.next
}
