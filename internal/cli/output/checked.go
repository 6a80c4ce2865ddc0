package output

import (
	"io"
	"sync"
)

// Checked is a writer that knows whether everything arrived: tables are written
// without looking at each line.
type Checked struct {
	w      io.Writer
	failed func()

	mu  sync.Mutex
	err error
}

// Check returns w, checked; failed is called at the first write that fails.
func Check(w io.Writer, failed func()) *Checked { return &Checked{w: w, failed: failed} }

// Write writes until one write fails, and nothing after it.
func (c *Checked) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.w.Write(b)
	if err != nil {
		c.err = err
		c.failed()
	}
	return n, err
}

// Err is why not everything arrived, nil where it did.
func (c *Checked) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}
