package build

import (
	"strings"
	"sync"
)

// maxOutput is how much of the end of an output is kept, in bytes.
const maxOutput = 4 << 10

// tail keeps the end of what is written to it.
type tail struct {
	mu  sync.Mutex
	b   []byte
	cut bool
}

// Write keeps the end of p.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, p...)
	if over := len(t.b) - maxOutput; over > 0 {
		t.b, t.cut = append(t.b[:0], t.b[over:]...), true
	}
	return len(p), nil
}

// String returns the end, from the beginning of a line where it was cut.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := strings.ToValidUTF8(string(t.b), "�")
	if _, rest, found := strings.Cut(text, "\n"); t.cut && found {
		text = rest
	}
	return strings.TrimSpace(strings.ReplaceAll(text, "\x00", ""))
}
