package runner

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// The bounds of what a process may say.
const (
	maxLine   = 4 << 20
	maxStderr = 64 << 10
)

// straggler is how long output is read on after every process should be gone.
const straggler = 5 * time.Second

// output reads what a process writes. It is not exec.Cmd that reads, since that
// would wait for processes that outlive the tool and hold its output open.
type output struct {
	group   sync.WaitGroup
	readers []*os.File
	writers []*os.File
	meter   meter

	mu   sync.Mutex
	errs []error
}

// read returns the end to write to; use gets the other one.
func (o *output) read(use func(io.Reader) error) (*os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make a pipe: %w", err)
	}
	o.readers, o.writers = append(o.readers, r), append(o.writers, w)
	o.group.Go(func() {
		if err := use(o.meter.read(r)); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			o.mu.Lock()
			defer o.mu.Unlock()
			o.errs = append(o.errs, fmt.Errorf("read output: %w", err))
		}
	})
	return w, nil
}

// started closes the writing ends, which the process has now.
func (o *output) started() {
	for _, w := range o.writers {
		_ = w.Close() // nothing was written to it here
	}
	o.writers = nil
}

// wait waits until all has been read.
func (o *output) wait() error {
	for _, r := range o.readers {
		_ = r.SetReadDeadline(time.Now().Add(straggler)) // pipes have deadlines
	}
	o.group.Wait()
	return errors.Join(o.errs...)
}

// close ends everything, also where the process did not start.
func (o *output) close() {
	o.started()
	o.group.Wait()
	for _, r := range o.readers {
		_ = r.Close() // it was only read
	}
}

// eachLine hands every line to use. What goes beyond limit of a line is dropped.
func eachLine(r io.Reader, limit int, use func([]byte)) error {
	in := bufio.NewReaderSize(r, 8<<10)
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		if len(line)+len(part) <= limit {
			line = append(line, part...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if trimmed := bytes.TrimSpace(line); len(trimmed) > 0 {
			use(trimmed)
		}
		line = line[:0]
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// tail keeps the end of what is written to it.
type tail struct {
	max int
	buf []byte
}

// Write keeps p's end.
func (t *tail) Write(p []byte) (int, error) {
	t.buf = append(t.buf, p...)
	if over := len(t.buf) - t.max; over > 0 {
		t.buf = append(t.buf[:0], t.buf[over:]...)
	}
	return len(p), nil
}

// String returns what was kept.
func (t *tail) String() string { return string(bytes.TrimSpace(t.buf)) }
