package runverify

import (
	"strings"
	"sync"
	"unicode"
)

const (
	tailBytes = 4 << 10
	tailLines = 20
)

// tail keeps the end of an output.
type tail struct {
	mu  sync.Mutex
	end []byte
	cut bool
}

// Write takes everything and keeps the last of it.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.end = append(t.end, p...)
	if over := len(t.end) - tailBytes; over > 0 {
		t.end, t.cut = append(t.end[:0:0], t.end[over:]...), true
	}
	return len(p), nil
}

// String returns the last whole lines, without what would move a terminal.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := strings.Map(printable, strings.ToValidUTF8(string(t.end), "�"))
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if t.cut && len(lines) > 1 {
		lines = lines[1:] // the first is the rest of one
	}
	if len(lines) > tailLines {
		lines, t.cut = lines[len(lines)-tailLines:], true
	}
	if t.cut {
		lines = append([]string{"…"}, lines...)
	}
	return strings.Join(lines, "\n")
}

func printable(r rune) rune {
	if r == '\n' || r == '\t' || unicode.IsPrint(r) {
		return r
	}
	return -1
}
