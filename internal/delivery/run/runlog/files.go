package runlog

import (
	"container/list"
	"errors"
	"io"
	"os"
	"slices"
	"sync"
)

const (
	// keptOpen is how many files stay open, those that were written last: a run writes
	// line after line.
	keptOpen = 64
	// keptTail is how much of the end of such a file is in memory at least: who follows
	// it reads it from there.
	keptTail = 16 << 10
)

// files are those that were written last.
type files struct {
	mu    sync.Mutex
	known map[string]*file
	// used has them in the order of their use, the last one first.
	used list.List
}

// file is one that lines are added to.
type file struct {
	path  string
	place *list.Element

	mu sync.Mutex
	// f is nil before the first line, and after the last.
	f      *os.File
	closed bool
	// size is where the next line begins, tail what comes before it.
	size int64
	tail []byte
}

func newFiles() files { return files{known: map[string]*file{}} }

// write adds lines to a file.
func (fs *files) write(path string, lines []byte) error {
	for {
		f, old := fs.take(path)
		old.close()
		written, err := f.write(lines)
		if err != nil {
			fs.drop(f)
		}
		if written || err != nil {
			return err
		}
	}
}

// take returns the file, and one that is to be closed for it, which may be nil.
func (fs *files) take(path string) (f, old *file) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if f, ok := fs.known[path]; ok {
		fs.used.MoveToFront(f.place)
		return f, nil
	}
	f = &file{path: path}
	f.place = fs.used.PushFront(f)
	fs.known[path] = f
	if fs.used.Len() > keptOpen {
		old, _ = fs.used.Back().Value.(*file)
		fs.forget(old)
	}
	return f, old
}

// drop has a file opened again before its next line.
func (fs *files) drop(f *file) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.forget(f)
}

// forget is called with the lock held.
func (fs *files) forget(f *file) {
	if fs.known[f.path] == f {
		delete(fs.known, f.path)
		fs.used.Remove(f.place)
	}
}

// tail returns what a file has from offset on; false where that is not in memory.
func (fs *files) tail(path string, offset int64) (lines []byte, known bool) {
	fs.mu.Lock()
	f, ok := fs.known[path]
	fs.mu.Unlock()
	if !ok {
		return nil, false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	from := offset - (f.size - int64(len(f.tail)))
	if f.f == nil || from < 0 || from > int64(len(f.tail)) {
		return nil, false
	}
	if from == int64(len(f.tail)) {
		info, err := f.f.Stat()
		return nil, err == nil && info.Size() == f.size // else another process has written, too
	}
	return slices.Clone(f.tail[from:]), true
}

// write adds lines; false where the file was closed meanwhile.
func (f *file) write(lines []byte) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return false, nil
	}
	if f.f == nil {
		half, err := f.open()
		if err != nil {
			return false, err
		}
		if half {
			lines = append([]byte{'\n'}, lines...)
		}
	}
	end, err := add(f.f, lines)
	if err != nil {
		f.shut() // how much of them is there is looked at before the next line
		return false, err
	}
	if f.size += int64(len(lines)); f.size != end {
		f.size, f.tail = end, nil // another process has written, too
	}
	f.tail = append(f.tail, lines...)
	if over := len(f.tail) - keptTail; over > keptTail {
		f.tail = append(make([]byte, 0, 2*keptTail), f.tail[over:]...)
	}
	return true, nil
}

// add adds lines at the end of a file, and returns where that is then.
func add(f *os.File, lines []byte) (end int64, err error) {
	if _, err := f.Write(lines); err != nil {
		return 0, err
	}
	return f.Seek(0, io.SeekCurrent)
}

// open opens the file, and tells whether its last line is half: a crash left it so.
func (f *file) open() (half bool, err error) {
	opened, err := os.OpenFile(f.path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return false, err
	}
	info, err := opened.Stat()
	if err != nil {
		return false, errors.Join(err, opened.Close())
	}
	if f.f, f.size = opened, info.Size(); f.size == 0 {
		return false, nil
	}
	last := make([]byte, 1)
	_, err = opened.ReadAt(last, f.size-1)
	return err == nil && last[0] != '\n', nil
}

// close closes a file that no more lines are added to; nil is none.
func (f *file) close() {
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.shut()
}

// shut is called with the lock held.
func (f *file) shut() {
	f.closed = true
	if f.f != nil {
		_ = f.f.Close() // what was written is with the system
		f.f = nil
	}
}
